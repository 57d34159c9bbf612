//! The key of an installation: a file of the data folder, or given by the operator.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

/// The file of the data folder that holds the key, in Base64.
/// The key in a data folder.
pub(crate) const KEY_FILE: &str = "secret.key";

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// Bytes that a file with a key has at most.
const KEY_FILE_BYTES_MAX: u64 = 1_024;

/// The key that all other keys of an installation come from. Wiped from memory when dropped, never shown.
pub(crate) struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

/// What a derived key is for. The texts never change: data of any release depends on them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Sealing secrets.
    Secrets,
    /// Tokens that stand for secrets in models.
    Tokens,
    /// Proving that compiled components were written by this host.
    CompiledCode,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The file is not readable or cannot be written.
    #[error("the key of the secrets at {} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The text is no key.
    #[error("{origin} is not a key: expected {KEY_BYTES} bytes in Base64")]
    Malformed {
        /// Where it came from.
        origin: String,
    },
    /// There is no key, and secrets were sealed with one.
    #[error(
        "{} is missing, and secrets were sealed with it: put it back, or give the key in FERMATA_SECRET_KEY",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl MasterKey {
    /// Reads a key as an operator gives it, in Base64. `origin` names it in errors.
    pub(crate) fn parse(text: &str, origin: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed { origin: origin.to_owned() };
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(text.trim()).map_err(|_| malformed())?);
        let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| malformed())?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// The key of a data folder, made when there is none.
    ///
    /// The folder must be locked by this process. While it `has_secrets`, a key that is missing is not replaced.
    pub(crate) fn of_folder(folder: &Path, has_secrets: bool) -> Result<Self, KeyError> {
        let path = folder.join(KEY_FILE);
        let failed = |source| KeyError::File { path: path.clone(), source };
        match read(&path) {
            Ok(text) => Self::parse(&text, &path.display().to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !has_secrets => {
                let key = Self::random()?;
                write(&path, &key).map_err(failed)?;
                Ok(key)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyError::Missing { path }),
            Err(error) => Err(failed(error)),
        }
    }

    /// The key in a file that an operator has kept.
    pub(crate) fn of_file(path: &Path) -> Result<Self, KeyError> {
        let text = read(path).map_err(|source| KeyError::File { path: path.to_owned(), source })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Makes this the key of a data folder that has none.
    pub(crate) fn keep_in(&self, folder: &Path) -> Result<(), KeyError> {
        let path = folder.join(KEY_FILE);
        write(&path, self).map_err(|source| KeyError::File { path, source })
    }

    /// A key that nobody can guess.
    pub(super) fn random() -> Result<Self, KeyError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// A key for one purpose; it tells nothing of this one.
    pub(crate) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; KEY_BYTES]> {
        Zeroizing::new(blake3::derive_key(purpose.context(), self.0.as_slice()))
    }
}

impl Purpose {
    const fn context(self) -> &'static str {
        match self {
            Self::Secrets => "fermata 0.1 secrets at rest",
            Self::Tokens => "fermata 0.1 tokens of secrets in models",
            Self::CompiledCode => "fermata 0.1 compiled components",
        }
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    use std::io::Read as _;

    let file = fs::File::open(path)?;
    warn_when_others_may_read(path, &file.metadata()?);
    let mut text = Zeroizing::new(String::new());
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes the key so that the file is there as a whole or not at all, also after a loss of power.
fn write(path: &Path, key: &MasterKey) -> io::Result<()> {
    let fresh = path.with_extension("key.new");
    // Left over when a start was interrupted; nothing was sealed with it.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    let text = Zeroizing::new(BASE64_STANDARD.encode(key.0.as_slice()) + "\n");
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    match path.parent() {
        #[cfg(unix)]
        Some(folder) => fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn warn_when_others_may_read(path: &Path, metadata: &fs::Metadata) {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            mode = format!("{mode:03o}"),
            "others can read the key of the secrets: `chmod 600` it"
        );
    }
}

#[cfg(not(unix))]
fn warn_when_others_may_read(_: &Path, _: &fs::Metadata) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(key: &MasterKey) -> [u8; KEY_BYTES] {
        *key.derive(Purpose::Secrets)
    }

    #[test]
    fn a_folder_keeps_its_key() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let key = MasterKey::of_folder(folder.path(), false)?;
        let path = folder.path().join(KEY_FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(derived(&key), derived(&MasterKey::of_folder(folder.path(), true)?));
        let text = fs::read_to_string(&path)?;
        assert_eq!(derived(&key), derived(&MasterKey::parse(&text, "test")?));
        assert!(!fs::exists(path.with_extension("key.new"))?);
        Ok(())
    }

    #[test]
    fn a_lost_key_is_not_replaced() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let lost = MasterKey::of_folder(folder.path(), true);
        assert!(matches!(lost, Err(KeyError::Missing { .. })), "{lost:?}");
        assert!(!fs::exists(folder.path().join(KEY_FILE))?);
        Ok(())
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for text in ["", "c2hvcnQ=", "not base64!"] {
            let message =
                MasterKey::parse(text, "FERMATA_SECRET_KEY").map(drop).map_err(|error| error.to_string());
            assert_eq!(
                message,
                Err("FERMATA_SECRET_KEY is not a key: expected 32 bytes in Base64".to_owned())
            );
        }
    }

    #[test]
    fn every_purpose_has_a_key_of_its_own() -> anyhow::Result<()> {
        let key = MasterKey::random()?;
        let keys =
            [Purpose::Secrets, Purpose::Tokens, Purpose::CompiledCode].map(|purpose| *key.derive(purpose));
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        Ok(())
    }
}
