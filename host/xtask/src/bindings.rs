//! `cargo xtask bindings`: the bindings that the SDKs for C and Go carry, so that their users need no generator.
//!
//! They are generated from the newest WIT packages. `--check` compares instead of writing, as a test does.

mod go_runtime;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, bail};
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_bindgen_core::{Files, WorldGenerator};

use crate::workspace::Workspace;

/// The packages that workers are written against.
const WIT: &str = "wit/worker/0.2";
/// The world that has everything.
const WORLD: &str = "connector";

/// Where the bindings are. These folders hold nothing else.
const C_BINDINGS: &str = "guest-sdk/c/sdk/bindings";
const GO_BINDINGS: &str = "guest-sdk/go/sdk/internal/bindings";
/// What the generated Go code calls.
const GO_RUNTIME: &str = "guest-sdk/go/sdk/internal/wit";

/// The bindings inside of the SDK's module.
const GO_BINDINGS_PACKAGE: &str = "fermata/internal/bindings";
/// Where the exported function calls what the SDK defines: below here, in a package that the generator names.
const GO_EXPORTS_PACKAGE: &str = "fermata/internal/guest";
/// What they call inside of the SDK's module.
const GO_RUNTIME_PACKAGE: &str = "fermata/internal/wit";
/// Where the module is that the generated Go code would fetch what it calls from.
const GO_RUNTIME_ELSEWHERE: &str = "go.bytecodealliance.org/pkg/wit";
/// Go's tools compile the bindings for WebAssembly only: elsewhere a test double stands in for them.
const GO_CONSTRAINT: &str = "//go:build wasip1\n\n";

/// What to do.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail when the bindings do not fit the WIT packages
    #[arg(long)]
    check: bool,
}

/// Generated files by their paths below a folder.
type Folder = BTreeMap<String, Vec<u8>>;

/// Runs the task.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let root = Workspace::load()?.root;
    for (folder, files) in generate(&root)? {
        let path = root.join(folder);
        let differing = differing(&path, &files)?;
        match differing.first() {
            None => println!("{folder}: {} files, up to date", files.len()),
            Some(first) if arguments.check => {
                bail!("{folder}/{first} does not fit {WIT}: run `cargo xtask bindings`")
            }
            Some(_) => {
                write(&path, &files).with_context(|| format!("failed to write {}", path.display()))?;
                println!("{folder}: {} files, of which {} have changed", files.len(), differing.len());
            }
        }
    }
    Ok(())
}

fn generate(root: &Path) -> anyhow::Result<[(&'static str, Folder); 3]> {
    Ok([(C_BINDINGS, c(root)?), (GO_BINDINGS, go(root)?), (GO_RUNTIME, go_runtime::files(root)?)])
}

fn c(root: &Path) -> anyhow::Result<Folder> {
    let options = wit_bindgen_c::Opts { no_object_file: true, ..Default::default() };
    bindings(root, &mut *options.build())
}

fn go(root: &Path) -> anyhow::Result<Folder> {
    let options = wit_bindgen_go::Opts {
        // Machines with and without Go's tools write the same.
        format: wit_bindgen_go::Format::False,
        pkg_name: Some(GO_BINDINGS_PACKAGE.to_owned()),
        export_pkg_name: Some(GO_EXPORTS_PACKAGE.to_owned()),
        ..Default::default()
    };
    let files = bindings(root, &mut *options.build())?;
    files
        .into_iter()
        .map(|(path, content)| {
            let text = String::from_utf8(content).with_context(|| format!("{path} is no text"))?;
            let text = text.replace(GO_RUNTIME_ELSEWHERE, GO_RUNTIME_PACKAGE);
            Ok((path, format!("{GO_CONSTRAINT}{text}").into_bytes()))
        })
        .collect()
}

fn bindings(root: &Path, generator: &mut dyn WorldGenerator) -> anyhow::Result<Folder> {
    let (mut resolve, world) = read_wit(&root.join(WIT))?;
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files)?;
    Ok(files.iter().map(|(path, content)| (path.to_owned(), content.to_vec())).collect())
}

fn read_wit(folder: &Path) -> anyhow::Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) =
        resolve.push_path(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    Ok((resolve, world))
}

/// The paths of files that are missing, superfluous or different.
fn differing(folder: &Path, files: &Folder) -> anyhow::Result<Vec<String>> {
    let mut present = Folder::new();
    read(folder, "", &mut present).with_context(|| format!("failed to read {}", folder.display()))?;
    let changed = files.iter().filter(|(path, content)| present.get(*path) != Some(content));
    let gone = present.keys().filter(|path| !files.contains_key(*path));
    Ok(changed.map(|(path, _)| path).chain(gone).cloned().collect())
}

fn read(folder: &Path, prefix: &str, files: &mut Folder) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn write(folder: &Path, files: &Folder) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bindings_fit_the_wit_packages() -> anyhow::Result<()> {
        let root = Workspace::load()?.root;
        for (folder, files) in generate(&root)? {
            assert!(!files.is_empty(), "{folder}");
            let differing = differing(&root.join(folder), &files)?;
            assert!(differing.is_empty(), "run `cargo xtask bindings`: {folder} differs in {differing:?}");
        }
        Ok(())
    }

    #[test]
    fn every_difference_is_seen() -> anyhow::Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bindings");
        let mut files = Folder::new();
        read(&folder, "", &mut files)?;
        assert!(differing(&folder, &files)?.is_empty());
        files.insert("a/new".to_owned(), Vec::new());
        assert_eq!(differing(&folder, &files)?, ["a/new"]);
        files.insert("go_runtime.rs".to_owned(), Vec::new());
        assert_eq!(differing(&folder, &files)?, ["a/new", "go_runtime.rs"]);
        assert_eq!(differing(&folder, &Folder::new())?, ["go_runtime.rs"]);
        Ok(())
    }
}
