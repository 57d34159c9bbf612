//! Compiled components on disk.
//!
//! A file is named for the component's digest and for all that its code depends on: the runtime's version and settings
//! and the processor. It begins with a keyed hash (BLAKE3) of name and code. Loading compiled code is as trusting as
//! running a program, so a file whose hash does not fit is compiled again, whoever may have written it.

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine::CacheConfig;
use crate::{Digest, Error};

/// The compiled code of one component, in bytes. A larger file is not one of ours.
const CODE_BYTES_MAX: u64 = 1 << 30;
/// How old a file that is being written can be. Its writer was interrupted when it is older:
/// compiled code is written in less than a second.
const UNFINISHED_AGE_MAX: Duration = Duration::from_secs(60 * 60);

/// Compiled components on disk.
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; blake3::KEY_LEN],
    /// Names the runtime and the processor that code is compiled for.
    compatibility: u64,
}

impl Cache {
    pub(crate) fn open(config: CacheConfig, engine: &Engine) -> Result<Self, Error> {
        let CacheConfig { dir, key } = config;
        make_dir(&dir).map_err(|source| Error::Cache { path: dir.clone(), source })?;
        // Stable as long as the host's own build is; a difference costs one compilation.
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let cache = Self { dir, key, compatibility: hasher.finish() };
        let current = cache.suffix();
        cache.remove(|name, _| is_ours(name) && !name.ends_with(&current));
        cache.remove(|name, age| is_unfinished(name) && age > UNFINISHED_AGE_MAX);
        Ok(cache)
    }

    fn suffix(&self) -> String {
        format!("-{:016x}.cwasm", self.compatibility)
    }

    /// Removes the code of `digest`, for all runtimes.
    pub(crate) fn forget(&self, digest: &Digest) {
        let digest = digest.to_string();
        self.remove(|name, _| is_ours(name) && name.starts_with(&digest));
    }

    /// Removes the code of all components but `needed`.
    pub(crate) fn retain(&self, needed: &HashSet<Digest>) {
        let is_needed = |name: &str| {
            let digest = name.split_once('-').and_then(|(digest, _)| digest.parse().ok());
            digest.is_some_and(|digest: Digest| needed.contains(&digest))
        };
        self.remove(|name, _| is_ours(name) && !is_needed(name));
    }

    /// Whether there is code for `digest`, which may still turn out to be of no use.
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.path(digest).exists()
    }

    /// Removes files by their name and age, as far as that works: what stays costs space, nothing else.
    fn remove(&self, unwanted: impl Fn(&str, Duration) -> bool) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let written = entry.metadata().and_then(|metadata| metadata.modified());
            let age = written.ok().and_then(|written| written.elapsed().ok()).unwrap_or_default();
            if unwanted(&name, age)
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::warn!(path = %entry.path().display(), %error, "compiled code cannot be removed");
            }
        }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{digest}{}", self.suffix()))
    }

    fn authentication(&self, digest: &Digest, code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(digest.as_bytes()).update(&self.compatibility.to_le_bytes()).update(code);
        hasher.finalize()
    }

    /// The code for `digest` with its size; `None` when there is none that can be trusted.
    pub(crate) fn load(&self, engine: &Engine, digest: &Digest) -> Option<(Component, u64)> {
        let path = self.path(digest);
        let file = match read(&path) {
            Ok(file) => file,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!(path = %path.display(), %error, "compiled code cannot be read, compiling again");
                }
                return None;
            }
        };
        match self.proved(engine, digest, &file) {
            Ok(component) => Some(component),
            Err(problem) => {
                tracing::warn!(path = %path.display(), "compiled code {problem}: it is removed and compiled again");
                if let Err(error) = fs::remove_file(&path) {
                    tracing::warn!(path = %path.display(), %error, "compiled code cannot be removed");
                }
                None
            }
        }
    }

    fn proved(&self, engine: &Engine, digest: &Digest, file: &[u8]) -> Result<(Component, u64), String> {
        const FOREIGN: &str = "was not written by this host";
        let (hash, code) = file.split_first_chunk::<{ blake3::OUT_LEN }>().ok_or(FOREIGN)?;
        // Compares in constant time.
        if self.authentication(digest, code) != *hash {
            return Err(FOREIGN.to_owned());
        }
        let component = deserialize(engine, code).map_err(|error| format!("does not load ({error:#})"))?;
        Ok((component, code.len() as u64))
    }

    /// Writes the code for `digest`. Readers see the whole file or none.
    pub(crate) fn store(&self, digest: &Digest, code: &[u8]) -> Result<(), Error> {
        static WRITES: AtomicU64 = AtomicU64::new(0);
        let path = self.path(digest);
        let number = WRITES.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("{}-{number}.tmp", process::id()));
        let written = self.write(&temporary, digest, code).and_then(|()| fs::rename(&temporary, &path));
        written.map_err(|source| {
            // Best effort: the first error is the one to report.
            fs::remove_file(&temporary).ok();
            Error::Cache { path, source }
        })
    }

    fn write(&self, path: &Path, digest: &Digest, code: &[u8]) -> io::Result<()> {
        // No fsync: a file that power loss has torn does not authenticate and is compiled again.
        let mut options = fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(self.authentication(digest, code).as_bytes())?;
        file.write_all(code)
    }
}

/// Creates a folder that only its owner can enter. One that is there stays as it is.
fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Whether a file of this name is compiled code: `DIGEST-RUNTIME.cwasm`.
fn is_ours(name: &str) -> bool {
    name.strip_suffix(".cwasm").is_some_and(is_stem)
}

/// Whether a file of this name is compiled code that is being written: `DIGEST-RUNTIME.PROCESS-NUMBER.tmp`.
fn is_unfinished(name: &str) -> bool {
    let stem = name.strip_suffix(".tmp").and_then(|name| name.split_once('.'));
    stem.is_some_and(|(stem, writer)| {
        is_stem(stem) && writer.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    })
}

fn is_stem(stem: &str) -> bool {
    stem.split_once('-').is_some_and(|(digest, runtime)| {
        digest.parse::<Digest>().is_ok() && runtime.len() == 16 && u64::from_str_radix(runtime, 16).is_ok()
    })
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    if file.metadata()?.len() > CODE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than any compiled component"));
    }
    let mut bytes = Vec::new();
    file.take(CODE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[expect(unsafe_code, reason = "the runtime cannot check compiled code, so loading it is unsafe")]
pub(crate) fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the caller got `code` from this host's own compiler, or has proved with the host's key that a host with
    // the same key did. It is a private copy in memory: nobody can change it after it was proved.
    // Code of another runtime version or processor is refused by the runtime itself.
    unsafe { Component::deserialize(engine, code) }
}
