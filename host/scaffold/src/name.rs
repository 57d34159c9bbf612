//! The name of a worker.

use std::fmt;
use std::str::FromStr;

/// The longest name, in bytes: that of a manifest.
pub const NAME_BYTES_MAX: usize = 64;

/// The name of a worker: lower-case letters, digits and single hyphens, a letter first.
///
/// Every language has a form of it for its own identifiers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// A text that is no name of a worker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is no name of a worker: it is made of at most {NAME_BYTES_MAX} lower-case letters, digits and single hyphens, \
     a letter first, as in `check-customer`",
    .0.escape_debug()
)]
pub struct ParseNameError(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `check_customer` for `check-customer`.
    pub fn to_snake_case(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl FromStr for Name {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let well_formed = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.split('-').all(is_part)
            && text.len() <= NAME_BYTES_MAX;
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseNameError(text.chars().take(NAME_BYTES_MAX).collect()))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_every_language() {
        for (text, snake) in [("check", "check"), ("check-customer-2", "check_customer_2")] {
            let name = text.parse::<Name>().unwrap();
            assert_eq!((name.as_str(), name.to_snake_case().as_str()), (text, snake));
        }
        let long = "a".repeat(NAME_BYTES_MAX + 1);
        for text in ["", "-a", "a-", "a--b", "2a", "Check", "a_b", "a/b", "..", "ä", "a b", &long] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
        assert!(long[1..].parse::<Name>().is_ok());
    }
}
