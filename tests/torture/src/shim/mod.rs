//! Libraries that stand between a host and the system. They are loaded into its process with `LD_PRELOAD`, so that the
//! host that is tortured is the one that is shipped.

mod clock;
mod power;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

pub(crate) use clock::Clock;
pub(crate) use power::{Counts, Disk, Faults};

/// Compiles a library into a folder.
fn compile(name: &str, source: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let (from, to) = (folder.join(format!("{name}.c")), folder.join(format!("{name}.so")));
    std::fs::write(&from, source)?;
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&to, &from])
        .args(["-ldl", "-lpthread"])
        .status()
        .context("failed to run the C compiler `cc`")?;
    ensure!(compiled.success(), "{name}.c does not compile");
    Ok(to)
}

/// The environment that loads a library.
fn loading(library: &Path) -> (&'static str, OsString) {
    ("LD_PRELOAD", library.into())
}
