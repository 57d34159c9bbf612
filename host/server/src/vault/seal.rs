//! Sealing one value: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a random nonce.
//!
//! What a sealed value belongs to is authenticated with it, so that a row copied over another one does not open.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sandbox::SecretString;
use types::TenantId;
use zeroize::Zeroizing;

/// The first byte of every sealed value: how the rest is laid out.
const LAYOUT: u8 = 1;

/// Bytes of a nonce.
const NONCE_BYTES: usize = 24;

/// What a sealed value belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The tenant.
    pub(super) tenant: &'a TenantId,
    /// The secret's name.
    pub(super) name: &'a str,
    /// The secret's version.
    pub(super) version: u32,
}

/// Seals and opens values.
pub(super) struct Sealer(XChaCha20Poly1305);

/// Sealed with another key, for another place, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotOurs;

impl Sealer {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Layout, nonce and ciphertext.
    pub(super) fn seal(&self, place: Place<'_>, value: &str) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let ciphertext = self
            .0
            .encrypt(&XNonce::from(nonce), Payload { msg: value.as_bytes(), aad: &place.to_bytes() })
            .expect("a value is far shorter than the cipher's limit of 256 GiB");
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + ciphertext.len());
        sealed.push(LAYOUT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    pub(super) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<SecretString, NotOurs> {
        let (&LAYOUT, rest) = sealed.split_first().ok_or(NotOurs)? else { return Err(NotOurs) };
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(NotOurs)?;
        let value = self
            .0
            .decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: &place.to_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| NotOurs)?;
        std::str::from_utf8(&value).map(SecretString::new).map_err(|_| NotOurs)
    }
}

impl Place<'_> {
    /// No two places have the same bytes: each text comes after its length.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.version.to_le_bytes().to_vec();
        for text in [self.tenant.as_str(), self.name] {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_where_it_belongs() -> anyhow::Result<()> {
        let sealer = Sealer::new(&[7; 32]);
        let (tenant, other_tenant) = (TenantId::default(), TenantId::new("other"));
        let place = Place { tenant: &tenant, name: "KEY", version: 1 };
        let sealed = sealer.seal(place, "sk_live_1")?;
        assert_eq!(sealer.open(place, &sealed), Ok(SecretString::new("sk_live_1")));
        for elsewhere in [
            Place { tenant: &other_tenant, ..place },
            Place { name: "KEY2", ..place },
            Place { version: 2, ..place },
        ] {
            assert_eq!(sealer.open(elsewhere, &sealed), Err(NotOurs), "{elsewhere:?}");
        }
        assert_eq!(Sealer::new(&[8; 32]).open(place, &sealed), Err(NotOurs));
        Ok(())
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() -> anyhow::Result<()> {
        let sealer = Sealer::new(&[7; 32]);
        let tenant = TenantId::default();
        let place = Place { tenant: &tenant, name: "KEY", version: 1 };
        let sealed = sealer.seal(place, "sk_live_1")?;
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(sealer.open(place, &changed), Err(NotOurs), "byte {at}");
            assert_eq!(sealer.open(place, &sealed[..at]), Err(NotOurs), "{at} bytes");
        }
        Ok(())
    }

    #[test]
    fn no_two_sealed_values_are_alike() -> anyhow::Result<()> {
        let sealer = Sealer::new(&[7; 32]);
        let tenant = TenantId::default();
        let place = Place { tenant: &tenant, name: "KEY", version: 1 };
        assert_ne!(sealer.seal(place, "same")?, sealer.seal(place, "same")?);
        Ok(())
    }
}
