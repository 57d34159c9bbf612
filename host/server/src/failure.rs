//! Why a command did not do what it was asked, and the exit code that says so.

use std::process::ExitCode;

/// Refused or failed.
const FAILED: u8 = 1;

/// Wrong usage, or there is no host to talk to or to start. Clap uses the same.
const UNUSABLE: u8 = 2;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    /// `None` when everything was said already.
    error: Option<anyhow::Error>,
    /// What the user should know to go on, a line each.
    hints: Vec<String>,
}

impl Failure {
    /// Nothing could be tried: there is no host, or none can be started.
    pub(crate) fn unusable(error: impl Into<anyhow::Error>) -> Self {
        Self { code: UNUSABLE, error: Some(error.into()), hints: Vec::new() }
    }

    /// What was asked was refused, and the reasons were printed.
    pub(crate) const fn reported() -> Self {
        Self { code: FAILED, error: None, hints: Vec::new() }
    }

    /// The same, and what the user should know to go on.
    pub(crate) fn with_hints(self, hints: Vec<String>) -> Self {
        Self { hints, ..self }
    }

    /// Tells the user: the error in one line, then the hints.
    pub(crate) fn report(self) -> ExitCode {
        if let Some(error) = self.error {
            eprintln!("error: {}", one_line(&error));
        }
        for hint in self.hints {
            eprintln!("  {hint}");
        }
        ExitCode::from(self.code)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let code = match error.downcast_ref() {
            Some(crate::client::Error::NoHost { .. }) => UNUSABLE,
            _ => FAILED,
        };
        Self { code, error: Some(error), hints: Vec::new() }
    }
}

/// The error with its causes. A cause that its error repeats is said once.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn causes_follow_in_one_line() {
        let error = anyhow!("permission denied").context("failed to read x").context("failed to start");
        assert_eq!(one_line(&error), "failed to start: failed to read x: permission denied");
        let repeated = anyhow!("disk full").context("failed to write x: disk full");
        assert_eq!(one_line(&repeated), "failed to write x: disk full");
        assert_eq!(one_line(&anyhow!("two\nlines")), "two lines");
    }
}
