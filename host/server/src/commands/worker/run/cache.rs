//! The sandbox of this machine's user: components that were compiled once need not be again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sandbox::{CacheConfig, Config, Sandbox};

use crate::vault::{MasterKey, Purpose};

/// Compiled components that are kept, those that were compiled last.
const COMPILED_MAX: usize = 16;

/// A sandbox for one job at a time. Without a folder of the user's own it compiles each time.
pub(super) fn sandbox() -> Result<Sandbox, sandbox::Error> {
    let cache = folder().and_then(|folder| {
        make_private(&folder).ok()?;
        // Compiled code is trusted as this program is: only what it has written itself is taken.
        let key = MasterKey::of_folder(&folder, false).ok()?;
        Some(CacheConfig { dir: folder.join("compiled"), key: *key.derive(Purpose::CompiledCode) })
    });
    Sandbox::new(Config { cache, concurrency: 1, ..Config::default() })
}

/// Removes what was compiled long ago. What stays costs space, nothing else.
pub(super) fn prune() {
    let Some(compiled) = folder().map(|folder| folder.join("compiled")) else { return };
    let Ok(entries) = fs::read_dir(compiled) else { return };
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let is_compiled = entry.path().extension().is_some_and(|extension| extension == "cwasm");
            is_compiled.then_some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .collect();
    files.sort_unstable();
    for (_, path) in files.iter().rev().skip(COMPILED_MAX) {
        let _ = fs::remove_file(path);
    }
}

/// Where programs of this user keep what they can make again.
fn folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")))?;
    Some(cache.join("fermata"))
}

/// Makes a folder that only its owner can read.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
