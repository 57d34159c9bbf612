//! Collects what is found while a model is read, and gives it its lines and columns at the end.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Severity};
use crate::rule::Rule;

/// The most errors, and the most warnings, that one resource gives. Those beyond it are dropped.
pub const DIAGNOSTICS_MAX: usize = 200;

/// Proof that an error was reported: what could not be read stays out of the result, and no one falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported(());

/// Where a finding is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Bytes of the source.
    pub span: Range<usize>,
    /// The id of the element concerned.
    pub element: Option<String>,
}

/// Why a model is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occasion {
    /// It is to be deployed: what a check refuses is an error.
    #[default]
    Deployment,
    /// It was deployed before, perhaps by a release that checked less: what a check refuses is a warning.
    Loading,
}

struct Finding {
    severity: Severity,
    rule: Rule,
    message: String,
    place: Place,
}

/// What was found so far.
#[derive(Default)]
pub struct Findings {
    occasion: Occasion,
    list: Vec<Finding>,
    errors: usize,
    warnings: usize,
}

impl Findings {
    /// Nothing so far.
    pub fn new(occasion: Occasion) -> Self {
        Self { occasion, ..Self::default() }
    }

    /// Why the model is read.
    pub fn occasion(&self) -> Occasion {
        self.occasion
    }

    /// A check that the model does not pass, although it can be read and run as it is.
    ///
    /// `Ok` when the model is loaded again: rules that later releases add must not stop instances that are under way.
    /// What has no meaning at all is an [`error`](Self::error) on either occasion.
    pub fn refuse(&mut self, rule: Rule, place: Place, message: impl Into<String>) -> Result<(), Reported> {
        match self.occasion {
            Occasion::Deployment => Err(self.error(rule, place, message)),
            Occasion::Loading => {
                self.warning(rule, place, message);
                Ok(())
            }
        }
    }

    /// Something that keeps the model from being read.
    pub fn error(&mut self, rule: Rule, place: Place, message: impl Into<String>) -> Reported {
        if self.errors < DIAGNOSTICS_MAX {
            self.list.push(Finding { severity: Severity::Error, rule, message: message.into(), place });
        }
        self.errors += 1;
        Reported(())
    }

    /// Something worth knowing.
    pub fn warning(&mut self, rule: Rule, place: Place, message: impl Into<String>) {
        if self.warnings < DIAGNOSTICS_MAX {
            self.list.push(Finding { severity: Severity::Warning, rule, message: message.into(), place });
        }
        self.warnings += 1;
    }

    /// Whether anything keeps the model from being used.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Everything in document order, each finding once.
    pub fn into_diagnostics(mut self, resource: &str, source: &str) -> Vec<Diagnostic> {
        self.list.sort_by_key(|finding| (finding.place.span.start, finding.place.span.end));
        let mut position = Position { offset: 0, line: 1, column: 1 };
        let mut diagnostics: Vec<Diagnostic> = Vec::with_capacity(self.list.len());
        for Finding { severity, rule, message, place } in self.list {
            position.advance(source, place.span.start);
            let diagnostic = Diagnostic {
                severity,
                rule: rule.id,
                explanation: rule.explanation,
                message,
                resource: resource.to_owned(),
                element: place.element,
                span: place.span,
                line: position.line,
                column: position.column,
            };
            // What several elements share, such as the code of an error, is read for each of them.
            if !diagnostics.contains(&diagnostic) {
                diagnostics.push(diagnostic);
            }
        }
        diagnostics
    }
}

/// Line and column of an offset. Moves only forwards: the source is walked once for all findings.
struct Position {
    offset: usize,
    line: u32,
    column: u32,
}

impl Position {
    fn advance(&mut self, source: &str, offset: usize) {
        for character in source[self.offset..offset].chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const RETRIES: Rule = Rule { id: "retries", explanation: "" };

    fn place(span: Range<usize>) -> Place {
        Place { span, element: None }
    }

    #[test]
    fn positions_count_characters_in_document_order() {
        let source = "ä<a>\n  é<b>\n";
        let mut findings = Findings::default();
        let b = source.find("<b>").unwrap_or_default();
        findings.warning(RETRIES, place(b..b + 1), "second");
        let _ = findings.error(RETRIES, place(2..3), "first");
        let _ = findings.error(RETRIES, place(2..3), "first");
        let texts: Vec<_> =
            findings.into_diagnostics("x.bpmn", source).iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["x.bpmn:1:2: error[retries]: first", "x.bpmn:2:4: warning[retries]: second"]);
    }

    #[test]
    fn a_flood_of_warnings_drops_no_error() {
        let mut findings = Findings::default();
        for index in 0..2 * DIAGNOSTICS_MAX {
            findings.warning(RETRIES, place(0..0), format!("warning {index}"));
        }
        let _ = findings.error(RETRIES, place(0..0), "error");
        let diagnostics = findings.into_diagnostics("x.bpmn", "");
        assert_eq!(diagnostics.len(), DIAGNOSTICS_MAX + 1);
        assert_eq!(diagnostics.iter().filter(|found| found.severity == Severity::Error).count(), 1);
    }
}
