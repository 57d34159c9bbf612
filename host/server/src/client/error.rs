//! Why a host did not do what it was asked.

use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde::Deserialize;

/// Why a host did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nothing answers there.
    #[error(
        "no host answers at {url} ({reason}): start one with `fermata serve`, or name another with --url"
    )]
    NoHost {
        /// The address.
        url: Url,
        /// What the system says.
        reason: String,
    },
    /// What was to be named cannot stand in a URL.
    #[error("`{}` names nothing: no URL can hold it", .0.escape_debug())]
    NoName(String),
    /// The host refuses; it says why.
    #[error("{0}")]
    Refused(Problem),
    /// The connection broke, or the answer did not come in time.
    #[error("the host did not answer")]
    Broken(#[source] reqwest::Error),
    /// What answers is no host, or one of another release.
    #[error("{url} does not answer as a fermata host does")]
    Unexpected {
        /// The address.
        url: Url,
        /// What is wrong with the answer.
        #[source]
        source: anyhow::Error,
    },
}

/// A host's refusal: RFC 9457.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) status: u16,
    /// The instance that was started before the request failed.
    #[serde(rename = "processInstanceKey")]
    pub(super) process_instance_key: Option<String>,
    /// When to try again; stands in a header.
    #[serde(skip)]
    pub(super) retry_after: Option<Duration>,
}

impl Error {
    /// The instance that goes on although its end was not seen.
    pub(crate) fn instance_that_goes_on(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) if problem.status == StatusCode::GATEWAY_TIMEOUT => {
                problem.process_instance_key.as_deref()
            }
            _ => None,
        }
    }

    /// Whether what was sent differs from what is there, or was there, under the same name.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.title == "ALREADY_EXISTS")
    }

    /// Whether the host knows nothing of what was asked for.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == StatusCode::NOT_FOUND)
    }

    /// Whether the host has refused, for whatever reason.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// When to try again, if the host has only no room now. Other troubles of a host do not go away by waiting.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(problem) if problem.title == "RESOURCE_EXHAUSTED" => problem.retry_after,
            _ => None,
        }
    }

    /// Whether somebody else has changed what this caller has read before.
    pub(crate) fn is_outdated(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == StatusCode::PRECONDITION_FAILED)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.detail.as_str(), self.title.as_str()) {
            ("", "") => write!(f, "the host answers with status {}", self.status),
            ("", title) => f.write_str(title),
            (detail, _) => f.write_str(detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_host_says() -> anyhow::Result<()> {
        for (json, expected) in [
            (r#"{"title":"NOT_FOUND","detail":"no such process","status":404}"#, "no such process"),
            (r#"{"title":"NOT_FOUND","status":404}"#, "NOT_FOUND"),
            (r#"{"status":404}"#, "the host answers with status 404"),
        ] {
            assert_eq!(serde_json::from_str::<Problem>(json)?.to_string(), expected);
        }
        Ok(())
    }
}
