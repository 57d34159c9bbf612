//! Variables on the command line: a JSON object, or a file with one.

use std::path::Path;

use anyhow::Context as _;
use serde_json::value::RawValue;

/// The variables' own text: numbers keep all their digits.
pub(super) fn read(argument: &str) -> anyhow::Result<Box<RawValue>> {
    let text = match argument.strip_prefix('@') {
        Some(path) => {
            let text = std::fs::read_to_string(Path::new(path));
            text.with_context(|| format!("failed to read the variables from {path}"))?
        }
        None => argument.to_owned(),
    };
    // Says what is wrong before anything is sent.
    types::Variables::parse(&text).context("--vars")?;
    Ok(RawValue::from_string(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_keep_their_text() -> anyhow::Result<()> {
        assert_eq!(read(r#"{"n": 1.10}"#)?.get(), r#"{"n": 1.10}"#);
        Ok(())
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_problem() {
        for (text, expected) in [
            ("[1]", "must be a JSON object, found an array"),
            ("{\"a\":}", "line 1 column 6"),
            ("@/no/such/file", "failed to read the variables from /no/such/file"),
        ] {
            let message = read(text).map(drop).map_err(|error| format!("{error:#}"));
            assert!(message.as_ref().is_err_and(|message| message.contains(expected)), "{text}: {message:?}");
        }
    }
}
