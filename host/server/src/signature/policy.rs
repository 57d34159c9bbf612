//! Whom an operator trusts to sign components.

use sandbox::Digest;
use serde::Deserialize;

use super::text::{PublicKey, Signature};

/// Whether components have to be signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// By a key that is trusted.
    Required,
    /// By any key, or not at all.
    #[default]
    Optional,
}

/// Which components are accepted, at upload and whenever their code is loaded. What came with the host is the host's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Policy {
    /// Whether they have to be signed.
    pub(crate) mode: Mode,
    /// Whose signatures count.
    pub(crate) trusted: Vec<PublicKey>,
}

/// Why a component is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Distrust {
    /// There is no signature.
    #[error("it is not signed, and this host takes signed components only")]
    Unsigned,
    /// The signature is not for these bytes, or not by that key.
    #[error("its signature does not fit: it was made for other bytes, or not with the key {0}")]
    Broken(PublicKey),
    /// The operator does not trust the key.
    #[error(
        "it is signed with the key {0}, which this host does not trust: `components.trusted_keys` names those that it does"
    )]
    UnknownKey(PublicKey),
}

impl Policy {
    /// Whether a component with this digest and signature is accepted.
    ///
    /// # Errors
    /// Why it is not. A signature that does not fit is never accepted.
    pub(crate) fn check(&self, digest: &Digest, signature: Option<&Signature>) -> Result<(), Distrust> {
        self.judge(signature.map(|signature| (signature.key(), signature.fits(digest))))
    }

    /// As [`check`](Self::check), of a signature with this key, of which is known whether it fits.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub(crate) fn judge(&self, signature: Option<(&PublicKey, bool)>) -> Result<(), Distrust> {
        match signature {
            Some((key, false)) => Err(Distrust::Broken(*key)),
            Some((key, true)) if self.mode == Mode::Required && !self.trusted.contains(key) => {
                Err(Distrust::UnknownKey(*key))
            }
            None if self.mode == Mode::Required => Err(Distrust::Unsigned),
            _ => Ok(()),
        }
    }
}

impl Policy {
    /// Whether a signature may take the place of another one: one with a key that the operator trusts always, and one
    /// with any other key only the place of one with the same key. Else whoever may upload could put another author's
    /// name to a component, or take a name away that the operator trusts.
    ///
    /// # Errors
    /// It would.
    pub(crate) fn check_replacement(
        &self,
        before: &Signature,
        after: &Signature,
    ) -> Result<(), WeakerSignature> {
        if after.key() == before.key() || self.trusted.contains(after.key()) {
            Ok(())
        } else {
            Err(WeakerSignature { before: *before.key(), after: *after.key() })
        }
    }
}

/// A signature that does not take another one's place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is signed with the key {before}: only a signature with the same key, or with one that `components.trusted_keys` \
     names, takes the place of that, and {after} is neither"
)]
pub(crate) struct WeakerSignature {
    before: PublicKey,
    after: PublicKey,
}

impl Distrust {
    /// Why it is refused, and what whoever sends it can do. Of a component that is here already others say that.
    pub(crate) fn of_what_is_sent(&self) -> String {
        match self {
            Self::Unsigned => format!(
                "{self}: sign it with `fermata worker sign`, or give `fermata worker push` or `worker dev` `--key`, with a key \
                 that `components.trusted_keys` names"
            ),
            Self::Broken(_) | Self::UnknownKey(_) => self.to_string(),
        }
    }

    /// What programs know it by.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "UNSIGNED",
            Self::Broken(_) => "INVALID_SIGNATURE",
            Self::UnknownKey(_) => "UNTRUSTED_KEY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SigningKey;

    #[test]
    fn the_operator_decides_and_a_broken_signature_never_counts() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let key = |name: &str| SigningKey::generate(&folder.path().join(name));
        let (ours, theirs) = (key("ours")?, key("theirs")?);
        let (digest, other) = (Digest::of(b"component"), Digest::of(b"other"));
        let required = Policy { mode: Mode::Required, trusted: vec![ours.public()] };
        let optional = Policy::default();
        let (good, foreign, stale) = (ours.sign(&digest), theirs.sign(&digest), ours.sign(&other));
        assert_eq!(required.check(&digest, Some(&good)), Ok(()));
        assert_eq!(required.check(&digest, None), Err(Distrust::Unsigned));
        assert_eq!(required.check(&digest, Some(&foreign)), Err(Distrust::UnknownKey(theirs.public())));
        assert_eq!(required.check(&digest, Some(&stale)), Err(Distrust::Broken(ours.public())));
        assert_eq!(optional.check(&digest, None), Ok(()));
        assert_eq!(optional.check(&digest, Some(&foreign)), Ok(()));
        assert!(required.check_replacement(&foreign, &good).is_ok());
        assert!(required.check_replacement(&good, &good).is_ok());
        assert!(required.check_replacement(&good, &foreign).is_err());
        // Where nobody is trusted, whoever came first stays.
        assert!(optional.check_replacement(&good, &good).is_ok());
        assert!(optional.check_replacement(&good, &foreign).is_err());
        assert!(optional.check_replacement(&foreign, &good).is_err());
        assert_eq!(optional.check(&digest, Some(&stale)), Err(Distrust::Broken(ours.public())));
        Ok(())
    }
}
