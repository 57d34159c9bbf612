//! Public keys and signatures, and how they are written: `ed25519:KEY` and `ed25519:KEY:SIGNATURE`, both in Base64.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use sandbox::Digest;

const SCHEME: &str = "ed25519";
const KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;

/// A key that signatures are checked with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PublicKey([u8; KEY_BYTES]);

/// A signature, with the key that checks it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    key: PublicKey,
    bytes: [u8; SIGNATURE_BYTES],
}

/// Why a text is no key or no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    /// No public key.
    #[error("a public key is written `{SCHEME}:KEY`, with {KEY_BYTES} bytes in Base64")]
    Key,
    /// No signature.
    #[error(
        "a signature is written `{SCHEME}:KEY:SIGNATURE`, with {KEY_BYTES} and {SIGNATURE_BYTES} bytes in Base64"
    )]
    Signature,
}

/// What is signed for a component: its digest, and what it is the digest of.
pub(super) fn signed_text(digest: &Digest) -> String {
    format!("fermata component sha256:{digest}")
}

impl PublicKey {
    pub(super) fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }
}

impl Signature {
    pub(super) fn new(key: PublicKey, bytes: [u8; SIGNATURE_BYTES]) -> Self {
        Self { key, bytes }
    }

    /// The key that has made it, if [`fits`](Self::fits).
    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether it was made for a component with this digest.
    pub(crate) fn fits(&self, digest: &Digest) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.key.0);
        key.verify(signed_text(digest).as_bytes(), &self.bytes).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}:{}", BASE64_STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.key, BASE64_STANDARD.encode(self.bytes))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let key = text.trim().strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(':'));
        key.and_then(decoded).map(Self).ok_or(ParseError::Key)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl FromStr for Signature {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (key, bytes) = text.trim().rsplit_once(':').ok_or(ParseError::Signature)?;
        let key = key.parse().map_err(|_| ParseError::Signature)?;
        Ok(Self { key, bytes: decoded(bytes).ok_or(ParseError::Signature)? })
    }
}

fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_and_no_signature_is_refused() {
        let key = format!("ed25519:{}", BASE64_STANDARD.encode([7; 32]));
        assert_eq!(key.parse::<PublicKey>().map(|key| key.to_string()), Ok(key.clone()));
        for text in ["", "ed25519", "ed25519:", "rsa:AAAA", "ed25519:AAAA", &key[1..], &format!("{key}:AAAA")]
        {
            assert_eq!(text.parse::<PublicKey>(), Err(ParseError::Key), "{text}");
            assert_eq!(text.parse::<Signature>(), Err(ParseError::Signature), "{text}");
        }
        assert_eq!(key.parse::<Signature>(), Err(ParseError::Signature));
    }
}
