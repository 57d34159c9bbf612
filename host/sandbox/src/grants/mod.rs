//! What an operator allows a component to reach. Nothing is granted by default.
//!
//! Grants are written, stored and shown as short texts: `api.example.com`, `POST http://127.0.0.1:8025`,
//! `API_KEY@api.example.com`, `API_KEY:x-api-key@api.example.com`. Reading a text that was shown gives the same grant.

mod endpoint;
mod host;
mod secret;

use serde::{Deserialize, Serialize};

pub use endpoint::{Endpoint, Host, Scheme};
pub use host::HostGrant;
pub(crate) use host::Reach;
pub use secret::{SecretGrant, SecretName};

/// What an operator allows a component to reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grants {
    /// Where it may connect to.
    pub hosts: Vec<HostGrant>,
    /// Which secrets it may send, each to its host in its headers, without being told them.
    pub secrets: Vec<SecretGrant>,
    /// Which secrets it may see. Such a component can send them anywhere it may connect to.
    pub reveal: Vec<SecretName>,
}

/// Why a text is not a grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a grant: {problem}")]
pub struct ParseGrantError {
    text: String,
    problem: String,
}

impl ParseGrantError {
    fn new(text: &str, problem: impl Into<String>) -> Self {
        Self { text: text.chars().take(100).collect(), problem: problem.into() }
    }
}

/// Stores a type that reads and shows itself as text as that text.
macro_rules! serde_as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
use serde_as_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_stored_as_the_texts_they_are_written_in() {
        let json = r#"{"hosts":["api.example.com","POST http://127.0.0.1:8025"],"secrets":["KEY@api.example.com"],"reveal":["SIGNING_KEY"]}"#;
        let grants: Grants = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&grants).unwrap(), json);
        assert_eq!(serde_json::from_str::<Grants>("{}").unwrap(), Grants::default());
    }

    #[test]
    fn a_stored_grant_that_cannot_be_read_says_why() {
        let error = serde_json::from_str::<Grants>(r#"{"hosts":["*.example.com"]}"#).unwrap_err();
        assert!(error.to_string().contains("name each host"), "{error}");
    }
}
