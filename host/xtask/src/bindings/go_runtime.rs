//! What generated Go code calls: a Go module of the generator's authors, of which its crate brings a copy.
//!
//! The SDK carries the part that it needs, with the module's licence, so that no registry is needed to build a worker.
//! One file of it is changed, and says so.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::{Folder, GO_CONSTRAINT, GO_RUNTIME_ELSEWHERE, GO_RUNTIME_PACKAGE};
use crate::process::cargo;

/// The crate, and where the module is in it.
const CRATE: &str = "wit-bindgen-go";
const MODULE: &str = "src/pkg";

/// The files of what `fermata:worker` needs; the others are for asynchronous functions.
const SOURCES: [&str; 6] = [
    "runtime/empty.s",
    "runtime/runtime.go",
    "types/option.go",
    "types/result.go",
    "types/tuple.go",
    "types/unit.go",
];
const LICENSE: &str = "LICENSE";

/// The file that is changed, so that no collection begins while the host hands something over.
const CHANGED: &str = "runtime/runtime.go";
/// What allocates for the host, and what it becomes.
const ALLOCATION: &str = "\t\tpointer := Allocate(&pinner, newSize, align)\n";
const ALLOCATION_ALONE: &str = "\t\tthread := acquirem()
\t\tpointer := Allocate(&pinner, newSize, align)
\t\treleasem(thread)
";
/// What stands at the file's end.
const CHANGE: &str = "
// Changed by Fermata: a collection that begins in `cabi_realloc` calls imports, which ends the component. The runtime
// begins none, and assists none, as long as its thread is held.

//go:linkname acquirem runtime.acquirem
func acquirem() unsafe.Pointer

//go:linkname releasem runtime.releasem
func releasem(thread unsafe.Pointer)
";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

/// The files of the SDK's copy.
pub(super) fn files(root: &Path) -> anyhow::Result<Folder> {
    let module = crate_folder(root)?.join(MODULE);
    let read =
        |path: &Path| fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()));
    let mut files = Folder::new();
    for source in SOURCES {
        let text = read(&module.join("wit").join(source))?;
        let mut text = text.replace(GO_RUNTIME_ELSEWHERE, GO_RUNTIME_PACKAGE);
        if source == CHANGED {
            ensure!(
                text.contains(ALLOCATION),
                "{CRATE} allocates otherwise in {CHANGED}: look at the change"
            );
            text = text.replace(ALLOCATION, ALLOCATION_ALONE) + CHANGE;
        }
        files.insert(source.to_owned(), format!("{GO_CONSTRAINT}{text}").into_bytes());
    }
    files.insert(LICENSE.to_owned(), read(&module.join(LICENSE))?.into_bytes());
    Ok(files)
}

fn crate_folder(root: &Path) -> anyhow::Result<PathBuf> {
    let output = cargo()
        .current_dir(root)
        .args(["metadata", "--format-version", "1"])
        .output()
        .context("failed to run cargo")?;
    ensure!(output.status.success(), "`cargo metadata` failed");
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("`cargo metadata` is not read")?;
    let package = metadata.packages.into_iter().find(|package| package.name == CRATE);
    let manifest = package.with_context(|| format!("the workspace does not have {CRATE}"))?.manifest_path;
    Ok(manifest.parent().context("a crate is in a folder")?.to_owned())
}
