//! Forms that are deployed by themselves, as Camunda Modeler writes them: JSON with an id.
//!
//! What a form shows is the business of whoever shows it; here only its frame is read.

use std::ops::Range;

use fermata_xml::{Diagnostic, Findings, Occasion, Place, RESOURCE_BYTES_MAX, Reported};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::check::ID_BYTES_MAX;
use crate::rule;

/// What a form says of itself, and what is wrong with it.
#[derive(Debug)]
pub struct ParsedForm {
    /// The form's id and version tag; `None` when there is an error.
    pub form: Option<FormIdentity>,
    /// Errors in document order.
    pub diagnostics: Vec<Diagnostic>,
}

/// By what a form is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormIdentity {
    /// `id`: what a `formId` refers to.
    pub id: String,
    /// `versionTag`.
    pub version_tag: Option<String>,
}

/// The parts of a form that are read.
#[derive(Deserialize)]
struct Frame {
    id: Option<String>,
    #[serde(rename = "versionTag")]
    version_tag: Option<String>,
    #[serde(rename = "components")]
    _components: Option<Vec<IgnoredAny>>,
}

/// Reads and checks a form. `resource` is the file's name, for diagnostics.
pub fn parse_form(text: &str, resource: &str) -> ParsedForm {
    let mut findings = Findings::new(Occasion::Deployment);
    let form = read(text, &mut findings).ok();
    ParsedForm { form, diagnostics: findings.into_diagnostics(resource, text) }
}

fn read(text: &str, findings: &mut Findings) -> Result<FormIdentity, Reported> {
    let place = |span: Range<usize>| Place { span, element: None };
    if text.len() > RESOURCE_BYTES_MAX {
        let message = format!("the form takes {} bytes, the limit is {RESOURCE_BYTES_MAX}", text.len());
        return Err(findings.error(fermata_xml::rule::RESOURCE_LIMIT, place(0..0), message));
    }
    // A struct could be read from a JSON array too.
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with('{') {
        return Err(findings.error(
            rule::FORM_SYNTAX,
            place(start..start),
            "a form is a JSON object: `{ … }`",
        ));
    }
    let frame: Frame = serde_json::from_str(text).map_err(|error| {
        let offset = offset_of(text, error.line(), error.column());
        let text = error.to_string();
        let position = format!(" at line {} column {}", error.line(), error.column());
        let reason = text.strip_suffix(&position).unwrap_or(&text);
        findings.error(rule::FORM_SYNTAX, place(offset..offset), format!("the form cannot be read: {reason}"))
    })?;
    let brace = place(start..start + 1);
    let Some(id) = frame.id.filter(|id| !id.is_empty()) else {
        return Err(findings.error(rule::FORM_ID, brace, "the form has no `id`"));
    };
    if id.len() > ID_BYTES_MAX {
        let message = format!("the form's id takes {} bytes, the limit is {ID_BYTES_MAX}", id.len());
        return Err(findings.error(rule::FORM_ID, brace, message));
    }
    Ok(FormIdentity { id, version_tag: frame.version_tag.filter(|tag| !tag.is_empty()) })
}

/// The offset of a line and a column in bytes, both from 1.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let line_start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text.floor_char_boundary((line_start + column.saturating_sub(1)).min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let parsed = parse_form(text, "order.form");
        assert_eq!(parsed.form.is_none(), !parsed.diagnostics.is_empty(), "{text}");
        parsed.diagnostics.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_form_is_known_by_its_id() {
        let text =
            r#"{ "components": [{ "key": "a" }], "type": "default", "id": "order", "versionTag": "v1" }"#;
        let identity = FormIdentity { id: "order".into(), version_tag: Some("v1".into()) };
        assert_eq!(parse_form(text, "order.form").form, Some(identity));
    }

    #[test]
    fn what_is_no_form_is_refused_at_its_place() {
        for (text, expected) in [
            ("", "order.form:1:1: error[form-syntax]: a form is a JSON object: `{ … }`"),
            (" [\"order\"]", "order.form:1:2: error[form-syntax]: a form is a JSON object: `{ … }`"),
            ("{}", "order.form:1:1: error[form-id]: the form has no `id`"),
            ("{\n \"id\": 7\n}", "order.form:2:8: error[form-syntax]: the form cannot be read: invalid type"),
            ("{\"id\": \"ä\",", "order.form:1:11: error[form-syntax]: the form cannot be read: EOF"),
            (
                "{\"id\": \"a\", \"components\": {}}",
                "order.form:1:26: error[form-syntax]: the form cannot be read: invalid type",
            ),
        ] {
            let findings = findings(text);
            assert!(findings.len() == 1 && findings[0].starts_with(expected), "{findings:?}");
        }
        assert!(findings(&format!("{{\"id\": \"{}\"}}", "x".repeat(256)))[0].contains("form-id"));
        assert!(findings(&"[".repeat(1_000_000))[0].contains("form-syntax"));
        assert!(
            findings(&format!("{{\"id\":\"a\",\"components\":{}", "[".repeat(1_000_000)))[0]
                .contains("form-syntax")
        );
    }
}
