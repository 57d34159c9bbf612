//! From text to an XML tree.

use roxmltree::{Document, Error, ParsingOptions};

use crate::findings::{Findings, Place, Reported};
use crate::{limits, rule};

/// The tree of `source`, or the one error that keeps it from being read.
pub fn read<'a>(source: &'a str, findings: &mut Findings) -> Result<Document<'a>, Reported> {
    let place = |offset: usize| Place { span: offset..offset, element: None };
    if let Err(exceeded) = limits::check(source) {
        return Err(findings.error(rule::RESOURCE_LIMIT, place(exceeded.offset), exceeded.limit.to_string()));
    }
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    Document::parse_with_options(source, options).map_err(|error| match error {
        Error::DtdDetected => findings.error(
            rule::XML_DTD,
            place(source.find("<!DOCTYPE").unwrap_or(0)),
            "the document type declaration is refused: remove `<!DOCTYPE …>`",
        ),
        error => {
            let offset = offset_of(source, &error);
            findings.error(rule::XML_SYNTAX, place(offset), message_of(&error))
        }
    })
}

fn offset_of(source: &str, error: &Error) -> usize {
    if matches!(error, Error::UnclosedRootNode | Error::UnexpectedEndOfStream) {
        return source.trim_end().len();
    }
    let position = error.pos();
    let (row, column) = (position.row as usize, position.col as usize);
    let line_start: usize = source.split_inclusive('\n').take(row.saturating_sub(1)).map(str::len).sum();
    let within: usize = source[line_start..].chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    (line_start + within).min(source.len())
}

/// The parser's message without its own line and column.
fn message_of(error: &Error) -> String {
    let text = error.to_string();
    let position = format!(" at {}", error.pos());
    format!("not well-formed XML: {}", text.strip_suffix(&position).unwrap_or(&text))
}
