//! Diagnostics as a compiler prints them: rule, message, file, line, the source with a mark under the place, and help.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use crate::diagnostic::{Diagnostic, Severity};

/// The longest source line that is shown, in bytes. Generated models can be one line of megabytes.
const SHOWN_LINE_BYTES_MAX: usize = 400;

/// Lines shown before and after the place.
const CONTEXT_LINES: usize = 1;

/// Columns of the rendered text.
const WIDTH: usize = 110;

impl Diagnostic {
    /// The finding with its place in `source`, the text that it was found in. Plain text, without colours.
    pub fn render(&self, source: &str) -> String {
        self.render_with(source, GraphicalTheme::unicode_nocolor())
    }

    /// As [`Diagnostic::render`], with colours for a terminal.
    pub fn render_colored(&self, source: &str) -> String {
        self.render_with(source, GraphicalTheme::unicode())
    }

    fn render_with(&self, source: &str, theme: GraphicalTheme) -> String {
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(WIDTH)
            .with_links(false)
            .without_cause_chain()
            .with_context_lines(CONTEXT_LINES);
        let mut rendered = String::new();
        let shown = Shown { diagnostic: self, source: can_be_shown(self, source).then_some(source) };
        match handler.render_report(&mut rendered, &shown) {
            Ok(()) => rendered,
            Err(_) => format!("{self}\n"),
        }
    }
}

/// All of `diagnostics` with their places in `source`, one after the other.
pub fn render_all(diagnostics: &[Diagnostic], source: &str) -> String {
    diagnostics.iter().map(|diagnostic| diagnostic.render(source) + "\n").collect()
}

/// Whether the place is in `source`, and no line around it is too long.
fn can_be_shown(diagnostic: &Diagnostic, source: &str) -> bool {
    if source.get(diagnostic.span.clone()).is_none() {
        return false;
    }
    let line_start = source[..diagnostic.span.start].rfind('\n').map_or(0, |at| at + 1);
    let before = source[..line_start].lines().rev().take(CONTEXT_LINES);
    let lines_after = source[diagnostic.span.clone()].lines().count().max(1) + CONTEXT_LINES;
    let after = source[line_start..].lines().take(lines_after);
    before.chain(after).all(|line| line.len() <= SHOWN_LINE_BYTES_MAX)
}

/// A diagnostic as the renderer wants it.
#[derive(Debug)]
struct Shown<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<&'a str>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Some(_) => f.write_str(&self.diagnostic.message),
            None => self.diagnostic.fmt(f),
        }
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("{}[{}]", self.diagnostic.severity, self.diagnostic.rule)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.explanation))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.is_some().then_some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.diagnostic.span.clone();
        Some(Box::new(std::iter::once(LabeledSpan::underline(span))))
    }
}

/// Source text whose columns are counted in characters, as everywhere in this crate, and not in bytes.
impl SourceCode for Shown<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let source = self.source.unwrap_or_default();
        let contents = source.read_span(span, lines_before, lines_after)?;
        let bytes = contents.column();
        let characters = contents
            .span()
            .offset()
            .checked_sub(bytes)
            .and_then(|line_start| source.get(line_start..line_start + bytes))
            .map_or(bytes, |before| before.chars().count());
        Ok(Box::new(MietteSpanContents::new_named(
            self.diagnostic.resource.clone(),
            contents.data(),
            *contents.span(),
            contents.line(),
            characters,
            contents.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Findings, Place};
    use crate::rule;

    const SOURCE: &str = "<?xml version=\"1.0\"?>\n<größe xmlns=\"urn:x\" />\n";

    fn finding(source: &str) -> Diagnostic {
        let mut findings = Findings::default();
        let at = source.find("<g").unwrap_or_default();
        let _ = findings.error(rule::XML_SYNTAX, Place { span: at..at + 8, element: None }, "no BPMN");
        findings.into_diagnostics("order.bpmn", source).remove(0)
    }

    #[test]
    fn a_finding_is_shown_under_its_source_line() {
        let rendered = finding(SOURCE).render(SOURCE);
        for part in
            ["error[xml-syntax]", "order.bpmn:2:1", "1 │ <?xml", "2 │ <größe xmlns", "──────", "help: "]
        {
            assert!(rendered.contains(part), "{part} is missing in\n{rendered}");
        }
        assert!(!rendered.contains('\u{1b}'));
        assert!(finding(SOURCE).render_colored(SOURCE).contains('\u{1b}'));
    }

    #[test]
    fn columns_are_characters() {
        let mut diagnostic = finding(SOURCE);
        let at = SOURCE.find("xmlns").unwrap();
        (diagnostic.span, diagnostic.column) = (at..at + 5, 8);
        assert!(diagnostic.render(SOURCE).contains("order.bpmn:2:8"));
    }

    #[test]
    fn a_line_of_megabytes_is_not_printed() {
        let source = format!("<x xmlns='urn:{}'/>", "x".repeat(1 << 20));
        let rendered = finding(&source).render(&source);
        assert!(
            rendered.len() < 2_000 && rendered.contains("order.bpmn:1:1: error[xml-syntax]"),
            "{rendered}"
        );
    }

    #[test]
    fn another_source_than_the_findings_own_does_no_harm() {
        let rendered = finding(SOURCE).render("");
        assert!(rendered.contains("order.bpmn:2:1: error[xml-syntax]"), "{rendered}");
    }
}
