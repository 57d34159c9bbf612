//! Errors with their causes, for the log and for messages of jobs.

use std::error::Error;

/// An error and all that caused it, in one line. A cause that its error has told already is left out.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.ends_with(&told) {
            text.push_str(": ");
            text.push_str(&told);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the store is away")]
    struct Away(#[source] Full);

    #[derive(Debug, thiserror::Error)]
    #[error("the file cannot be written: {0}")]
    struct Full(#[source] std::io::Error);

    #[test]
    fn every_cause_is_told_once() {
        let error = Away(Full(std::io::Error::other("disk full")));
        assert_eq!(with_causes(&error), "the store is away: the file cannot be written: disk full");
    }
}
