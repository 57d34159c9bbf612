//! Lists the files that the crate embeds: the templates and SDKs of all languages there are, and the WIT packages.
//!
//! What git ignores stays out: the folders of an SDK hold what its own tests and builds have left there.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use ignore::WalkBuilder;

/// The folders, by the name that their files have in the list.
const FOLDERS: [(&str, &str); 2] = [("guest-sdk", "guest-sdk"), ("wit", "wit/worker/0.2")];
/// Files beside them, by their name in the list: whose work it is, and on which terms others may use it.
const FILES: [(&str, &str); 4] = [
    ("wit/NOTICE.md", "wit/NOTICE.md"),
    ("wit/LICENSE-WASI", "wit/LICENSE-WASI"),
    ("wit/LICENSE", "LICENSE"),
    ("LICENSE", "LICENSE"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo names no folder of this crate")?;
    let root = Path::new(&here).ancestors().nth(2).ok_or("the crate stands in the workspace")?;
    let mut files = BTreeMap::new();
    for (name, folder) in FOLDERS {
        find(name, &root.join(folder), &mut files)?;
    }
    for (name, path) in FILES {
        files.insert(name.to_owned(), root.join(path));
    }
    // Links lead from the folders into all of it.
    for watched in ["guest-sdk", "wit", "LICENSE", ".gitignore"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    let mut list = "&[\n".to_owned();
    for (name, path) in &files {
        writeln!(list, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    list.push(']');
    let out = env::var_os("OUT_DIR").ok_or("cargo names no folder to write to")?;
    Ok(fs::write(Path::new(&out).join("files.rs"), list)?)
}

fn find(name: &str, folder: &Path, files: &mut BTreeMap<String, PathBuf>) -> Result<(), Box<dyn Error>> {
    let mut walk = WalkBuilder::new(folder);
    // Sources that came without git's own folder have the same rules; those of one machine's user have no part.
    walk.follow_links(true).hidden(false).require_git(false).git_global(false).git_exclude(false);
    for entry in walk.build() {
        let entry = entry?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            let relative = entry.path().strip_prefix(folder)?;
            let relative = relative.to_str().ok_or_else(|| format!("{relative:?} is not UTF-8"))?;
            files.insert(format!("{name}/{}", relative.replace('\\', "/")), entry.path().to_owned());
        }
    }
    Ok(())
}
