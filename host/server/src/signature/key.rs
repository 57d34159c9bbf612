//! The key that signs, a file of whoever releases components.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use sandbox::Digest;
use zeroize::Zeroizing;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::text::{PublicKey, Signature, signed_text};

/// A file with a key, in bytes.
const KEY_FILE_BYTES_MAX: u64 = 16 << 10;

/// A key that signs components.
pub(crate) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Makes a key and writes it to a new file, which only its owner may read: PKCS #8 in PEM, as OpenSSL has it.
    pub(crate) fn generate(path: &Path) -> anyhow::Result<Self> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| anyhow!("the system gives no random numbers"))?;
        let key = Self::from_pkcs8(document.as_ref())?;
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(document.as_ref()));
        let mut text = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
        for line in encoded.as_bytes().chunks(64) {
            text.extend(line.iter().map(|&byte| char::from(byte)));
            text.push('\n');
        }
        text.push_str("-----END PRIVATE KEY-----\n");
        write_new(path, text.as_bytes()).with_context(|| format!("failed to write {}", path.display()))?;
        Ok(key)
    }

    /// Reads a key.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let read = || -> anyhow::Result<Self> {
            if fs::metadata(path)?.len() > KEY_FILE_BYTES_MAX {
                bail!("it is too large for a key");
            }
            let text = Zeroizing::new(fs::read(path)?);
            let key = PrivatePkcs8KeyDer::from_pem_slice(&text).map_err(|_| {
                anyhow!("it holds no `PRIVATE KEY` in PEM: make one with `fermata worker keygen`")
            })?;
            Self::from_pkcs8(key.secret_pkcs8_der())
        };
        read().with_context(|| format!("the key {} cannot be used", path.display()))
    }

    fn from_pkcs8(document: &[u8]) -> anyhow::Result<Self> {
        // Keys of OpenSSL do not carry their public half.
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document);
        Ok(Self(key.map_err(|error| anyhow!("it is no Ed25519 key: {error}"))?))
    }

    /// The half that everybody may know.
    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::new(self.0.public_key().as_ref().try_into().expect("Ed25519 keys have 32 bytes"))
    }

    /// Signs the component with this digest.
    pub(crate) fn sign(&self, digest: &Digest) -> Signature {
        let signature = self.0.sign(signed_text(digest).as_bytes());
        let bytes = signature.as_ref().try_into().expect("Ed25519 signatures have 64 bytes");
        Signature::new(self.public(), bytes)
    }
}

/// Writes a file that is not there yet. A key is never written over.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_signs_one_digest_and_no_other() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("team.key");
        let key = SigningKey::generate(&path)?;
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let signature = SigningKey::read(&path)?.sign(&one);
        assert_eq!(*signature.key(), key.public());
        assert!(signature.fits(&one) && !signature.fits(&other));
        let again: Signature = signature.to_string().parse()?;
        assert!(again.fits(&one));
        let foreign = SigningKey::generate(&folder.path().join("foreign.key"))?.sign(&one);
        let text = format!("{}:{}", key.public(), foreign.to_string().rsplit(':').next().unwrap_or_default());
        assert!(!text.parse::<Signature>()?.fits(&one), "another key's signature under this key's name");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        }
        let message = SigningKey::generate(&path).map(drop).map_err(|error| format!("{error:#}"));
        assert!(message.as_ref().is_err_and(|text| text.contains("exists")), "{message:?}");
        Ok(())
    }

    #[test]
    fn what_is_no_key_is_told_with_its_file() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("none.key");
        for (text, expected) in [
            ("", "holds no `PRIVATE KEY` in PEM"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no Ed25519 key"),
        ] {
            fs::write(&path, text)?;
            let message = SigningKey::read(&path).map(drop).map_err(|error| format!("{error:#}"));
            assert!(
                message.as_ref().is_err_and(|text| text.contains(expected) && text.contains("none.key")),
                "{message:?}"
            );
        }
        Ok(())
    }
}
