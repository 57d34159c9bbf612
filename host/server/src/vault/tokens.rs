//! Tokens that stand for secrets in deployed models.

use zeroize::Zeroizing;

use super::key::{MasterKey, Purpose};

/// How a token begins; the sandbox looks for it in the headers of requests.
const PREFIX: &str = "fermata-secret-";

/// Hexadecimal digits of a token: 128 bits.
const DIGITS: usize = 32;

/// Makes tokens. The same name gives the same token in every model, as long as the installation keeps its key,
/// and nobody without the key can make one.
pub(crate) struct Tokens(Zeroizing<[u8; 32]>);

impl Tokens {
    pub(crate) fn new(key: &MasterKey) -> Self {
        Self(key.derive(Purpose::Tokens))
    }
}

impl runtime::SecretTokens for Tokens {
    fn token(&self, name: &str) -> String {
        let digest = blake3::keyed_hash(&self.0, name.as_bytes()).to_hex();
        format!("{PREFIX}{}", &digest[..DIGITS])
    }
}

#[cfg(test)]
mod tests {
    use runtime::SecretTokens as _;

    use super::*;

    #[test]
    fn a_name_has_one_token_in_one_installation() -> anyhow::Result<()> {
        let key = MasterKey::random()?;
        let token = Tokens::new(&key).token("STRIPE_API_KEY");
        assert_eq!(token, Tokens::new(&key).token("STRIPE_API_KEY"));
        assert_ne!(token, Tokens::new(&key).token("STRIPE_API_KEY_2"));
        assert_ne!(token, Tokens::new(&MasterKey::random()?).token("STRIPE_API_KEY"));
        assert!(!token.contains("STRIPE"));
        Ok(())
    }

    #[test]
    fn a_token_looks_like_those_of_the_sandbox() -> anyhow::Result<()> {
        let token = Tokens::new(&MasterKey::random()?).token("KEY");
        let theirs = sandbox::SecretToken::random()?;
        assert_eq!(token.len(), theirs.as_str().len());
        assert!(theirs.as_str().starts_with(PREFIX) && token.starts_with(PREFIX));
        assert!(
            token[PREFIX.len()..].bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        );
        Ok(())
    }
}
