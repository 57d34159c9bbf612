//! `{{secrets.NAME}}` and `camunda.secrets.NAME` in the model's own text.
//!
//! Only what the author of the model wrote counts. It is replaced here, before anything is evaluated, so the same
//! characters in a variable stay what they are: data.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::findings::{Findings, Reported};
use crate::rule;
use crate::xml::SourceText;

/// The longest name of a secret, in bytes.
pub const SECRET_NAME_BYTES_MAX: usize = 64;

/// What secrets become, and which ones the model names.
pub(crate) struct Secrets<'o> {
    pub(crate) token: Option<&'o dyn Fn(&str) -> String>,
    pub(crate) names: BTreeSet<String>,
}

/// How the text around a secret is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// As it stands.
    Plain,
    /// As FEEL: a secret is part of a string.
    Feel,
}

impl Secrets<'_> {
    /// `text` with its secrets replaced.
    pub(crate) fn replace<'a>(
        &mut self,
        text: SourceText<'a>,
        syntax: Syntax,
        findings: &mut Findings,
    ) -> Result<SourceText<'a>, Reported> {
        let mut replacements = Vec::new();
        let mut checked = Ok(());
        let strings = if syntax == Syntax::Feel { strings(text.as_str()) } else { Vec::new() };
        for reference in references(text.as_str()) {
            let place = text.place_of(reference.range.clone());
            let is_expression = syntax == Syntax::Feel && !is_within(&strings, reference.range.start);
            let refusal = match (reference.name, reference.form) {
                (None, _) => Some("this begins like a reference to a secret, and is none".to_owned()),
                (Some(name), Form::Braces) if is_expression => Some(format!(
                    "the secret `{name}` stands outside of a string: write `\"{{{{secrets.{name}}}}}\"`"
                )),
                (Some(name), Form::Path) if !is_expression => {
                    Some(format!("the secret `{name}` is part of a text: write `{{{{secrets.{name}}}}}`"))
                }
                _ => None,
            };
            if let Some(message) = refusal {
                checked = checked.and(findings.refuse(rule::SECRET_REFERENCE, place, message));
                continue;
            }
            let Some(name) = reference.name else { continue };
            self.names.insert(name.to_owned());
            if let Some(token) = self.token {
                let token = token(name);
                let token = match (syntax, reference.form) {
                    (Syntax::Plain, _) => token,
                    (Syntax::Feel, Form::Braces) => escaped(&token),
                    (Syntax::Feel, Form::Path) => format!("\"{}\"", escaped(&token)),
                };
                replacements.push((reference.range, token));
            }
        }
        for (range, name) in bare(text.as_str()) {
            if syntax == Syntax::Plain || is_within(&strings, range.start) {
                let what_to_do = if name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
                    format!("write `{{{{secrets.{name}}}}}` for the secret")
                } else {
                    "for a secret, give it a name of letters, digits and `_`, and write `{{secrets.NAME}}`"
                        .to_owned()
                };
                let message = format!(
                    "`secrets.{name}` is text as any other here; Camunda takes it for a secret, in a form that is \
                     deprecated: {what_to_do}"
                );
                findings.warning(rule::SECRET_REFERENCE, text.place_of(range), message);
            }
        }
        checked.map(|()| text.replaced(&replacements))
    }
}

struct Reference<'t> {
    range: Range<usize>,
    form: Form,
    /// `None` when what begins like a reference is none.
    name: Option<&'t str>,
}

/// How a secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `{{secrets.NAME}}`, in a text.
    Braces,
    /// `camunda.secrets.NAME`, a part of an expression.
    Path,
}

/// Everything that begins with `{{secrets.`, where white space within the braces does not count, or with
/// `camunda.secrets.`.
fn references(text: &str) -> impl Iterator<Item = Reference<'_>> {
    const OPENING: &str = "{{";
    const CLOSING: &str = "}}";
    const PATH: &str = "camunda.secrets.";
    let mut at = 0;
    let (mut braces, mut path) = (text.find(OPENING), text.find(PATH));
    std::iter::from_fn(move || {
        loop {
            // Each is looked for only when the last one is behind: a text with many of one kind is read once.
            let next = |found: Option<usize>, pattern| match found {
                Some(found) if found < at => text[at..].find(pattern).map(|offset| at + offset),
                found => found,
            };
            (braces, path) = (next(braces, OPENING), next(path, PATH));
            let (start, form) = match (braces, path) {
                (Some(braces), path) if path.is_none_or(|path| braces < path) => (braces, Form::Braces),
                (_, Some(path)) => (path, Form::Path),
                _ => return None,
            };
            let rest = match form {
                Form::Braces => {
                    at = start + OPENING.len();
                    let Some(rest) = text[at..].trim_start().strip_prefix("secrets.") else { continue };
                    rest
                }
                Form::Path => {
                    at = start + PATH.len();
                    if text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
                        continue;
                    }
                    &text[at..]
                }
            };
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
            let is_closed = match form {
                Form::Braces => rest[name.len()..].trim_start().starts_with(CLOSING),
                Form::Path => true,
            };
            let is_reference = is_closed && !name.is_empty() && name.len() <= SECRET_NAME_BYTES_MAX;
            let after_name = text.len() - rest.len() + name.len();
            at = match form {
                Form::Braces if is_reference => {
                    text.len() - rest[name.len()..].trim_start().len() + CLOSING.len()
                }
                _ => after_name,
            };
            return Some(Reference { range: start..at, form, name: is_reference.then_some(name) });
        }
    })
}

/// `secrets.NAME` without braces, which names a secret in Camunda's connectors, wherever it stands in a text, with the
/// name: letters and digits, in parts with one of `/._-` between each two. A name that is too long for a secret is none.
fn bare(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    const WORD: &str = "secrets.";
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text[at..].find(WORD)?;
            let name = dotted_name(&text[start + WORD.len()..]);
            at = start + WORD.len() + name.len();
            // Within braces it is a reference, or was refused as one.
            let is_other = text[..start].trim_end().ends_with("{{") || text[..start].ends_with("camunda.");
            if !is_other && !name.is_empty() && name.len() <= SECRET_NAME_BYTES_MAX {
                return Some((start..at, name));
            }
        }
    })
}

/// The longest beginning of a text that is letters and digits, in parts with one of `/._-` between each two.
fn dotted_name(text: &str) -> &str {
    let mut end = 0;
    for (index, c) in text.bytes().enumerate() {
        match c {
            _ if c.is_ascii_alphanumeric() => end = index + 1,
            b'/' | b'.' | b'_' | b'-' if index > 0 && end == index => {}
            _ => break,
        }
    }
    &text[..end]
}

/// The insides of the string literals of a FEEL text, in order.
fn strings(text: &str) -> Vec<Range<usize>> {
    let mut strings = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(['"', '/']) {
        let rest = &text[at + found..];
        let length = match rest.as_bytes() {
            [b'"', ..] => {
                let inside = string_length(&rest[1..]);
                strings.push(at + found + 1..at + found + 1 + inside);
                inside + 2
            }
            [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => 1,
        };
        at = (at + found + length).min(text.len());
    }
    strings
}

/// Bytes up to the quote that ends a string.
fn string_length(inside: &str) -> usize {
    let mut escaped = false;
    let closing = inside.find(|c| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    closing.unwrap_or(inside.len())
}

fn is_within(ranges: &[Range<usize>], offset: usize) -> bool {
    let after = ranges.partition_point(|range| range.start <= offset);
    after > 0 && ranges[after - 1].contains(&offset)
}

/// `token` as part of a FEEL string.
fn escaped(token: &str) -> String {
    token.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Option<&str>)> {
        references(text).map(|reference| (&text[reference.range], reference.name)).collect()
    }

    #[test]
    fn references_are_found_in_any_text() {
        assert_eq!(found("Bearer {{secrets.A_b_c1}}!"), [("{{secrets.A_b_c1}}", Some("A_b_c1"))]);
        assert_eq!(
            found("{{ secrets.A }}{{secrets.B}}"),
            [("{{ secrets.A }}", Some("A")), ("{{secrets.B}}", Some("B"))]
        );
        assert_eq!(
            found("[camunda.secrets.A, \"{{secrets.B}}\"]"),
            [("camunda.secrets.A", Some("A")), ("{{secrets.B}}", Some("B"))]
        );
        assert_eq!(found("my.camunda.secrets.A xcamunda.secrets.A camunda.secret.A"), []);
        assert_eq!(found("{{secrets}} {{secret.A}} {secrets.A} secrets.A {{customer.name}} {{"), []);
    }

    #[test]
    fn what_names_a_secret_in_camunda_only_is_found() {
        let found =
            |text: &str| bare(text).map(|(range, name)| (range.start, name.to_owned())).collect::<Vec<_>>();
        let one = |at: usize, name: &str| vec![(at, name.to_owned())];
        assert_eq!(found("secrets.A"), one(0, "A"));
        assert_eq!(found("Bearer secrets.A_1\tsecrets.B"), [(7, "A_1".to_owned()), (19, "B".to_owned())]);
        for (text, at, name) in [
            ("\"secrets.A\"", 1, "A"),
            ("?key=secrets.A&b", 5, "A"),
            ("mysecrets.A", 2, "A"),
            ("secrets.a.b-c/d_1.", 0, "a.b-c/d_1"),
            ("secrets.A__B", 0, "A"),
            ("secrets.secrets.A", 0, "secrets.A"),
            ("secrets.secrets.A secrets.", 0, "secrets.A"),
            ("https://secrets.example.com", 8, "example.com"),
            ("ä secrets.Aä", 3, "A"),
        ] {
            assert_eq!(found(text), one(at, name), "{text}");
        }
        let longest = "A".repeat(SECRET_NAME_BYTES_MAX);
        assert_eq!(found(&format!("secrets.{longest}")), one(0, &longest));
        let too_long = format!("secrets.{longest}A");
        let others =
            ["{{secrets.A}}", "{{ secrets.A }}", "camunda.secrets.A", "secrets.", "secrets._A", &too_long];
        for other in others {
            assert_eq!(found(other), [], "{other}");
        }
    }

    #[test]
    fn what_begins_like_a_reference_must_be_one() {
        assert_eq!(found("{{secrets.}}"), [("{{secrets.", None)]);
        assert_eq!(found("{{secrets.A"), [("{{secrets.A", None)]);
        assert_eq!(
            found("{{secrets.A}x {{secrets.B}}"),
            [("{{secrets.A", None), ("{{secrets.B}}", Some("B"))]
        );
        assert_eq!(found("{{secrets.ä}}"), [("{{secrets.", None)]);
        let long = format!("{{{{secrets.{}}}}}", "A".repeat(SECRET_NAME_BYTES_MAX + 1));
        assert_eq!(found(&long)[0].1, None);
    }

    #[test]
    fn strings_are_told_from_the_rest_of_an_expression() {
        for (text, expected) in [
            (r#"="|""#, true),
            (r#"=a + |"#, false),
            (r#"="a" + "b|""#, true),
            (r#"="a" + |"b""#, false),
            (r#"="a\"|""#, true),
            (r#"="a\\"|"#, false),
            (r#"=// "|"#, false),
            ("=// \"\n\"|\"", true),
            (r#"=/* " */ "|""#, true),
            (r#"=a/"|""#, true),
        ] {
            assert_eq!(is_within(&strings(text), text.find('|').unwrap_or_default()), expected, "{text}");
        }
    }
}
