//! Secret values and the tokens that stand for them.

use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

/// A secret's value: wiped from memory when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Takes a secret's value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretString(…)")
    }
}

/// How every token begins.
const TOKEN_PREFIX: &str = "fermata-secret-";

/// Random bytes in a token.
const TOKEN_BYTES: usize = 16;

/// An opaque text that stands for a secret: `fermata-secret-` and 32 hexadecimal digits.
///
/// A guest gets one from `secrets.placeholder`, good for its own job;
/// deployment puts one in place of `{{secrets.NAME}}` in a model's own text, good for that model.
/// The sandbox replaces both in the headers of outgoing requests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretToken(String);

impl SecretToken {
    /// A token that nobody can guess.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        let mut token = String::with_capacity(TOKEN_PREFIX.len() + 2 * TOKEN_BYTES);
        token.push_str(TOKEN_PREFIX);
        for byte in bytes {
            token.extend(
                [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])),
            );
        }
        Ok(Self(token))
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the first token stands in `text`.
pub(crate) fn find_token(text: &str) -> Option<Range<usize>> {
    text.match_indices(TOKEN_PREFIX).find_map(|(start, _)| {
        let digits = start + TOKEN_PREFIX.len();
        let end = digits + 2 * TOKEN_BYTES;
        let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        text.as_bytes().get(digits..end).filter(|tail| tail.iter().all(is_digit))?;
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_where_it_stands() {
        let token = SecretToken::random().unwrap();
        assert_ne!(token, SecretToken::random().unwrap());
        let text = format!("Bearer {token}, {token}");
        assert_eq!(&text[find_token(&text).unwrap()], token.as_str());
        for text in
            ["", TOKEN_PREFIX, "fermata-secret-012", "fermata-secret-XYZ345678901234567890123456789012é"]
        {
            assert_eq!(find_token(text), None, "{text}");
        }
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert!(!format!("{:?}", SecretString::new("hunter2")).contains("hunter2"));
    }
}
