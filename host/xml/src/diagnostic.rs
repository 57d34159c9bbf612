//! What a check found in a model: where, how bad, and under which stable rule id.

use std::fmt;
use std::ops::Range;

/// One finding in a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it keeps the model from being deployed.
    pub severity: Severity,
    /// The rule's stable id, such as `unsupported-element`.
    pub rule: &'static str,
    /// What the rule asks for.
    pub explanation: &'static str,
    /// What is wrong and what to do about it.
    pub message: String,
    /// The resource's name.
    pub resource: String,
    /// The id of the element concerned, where there is one.
    pub element: Option<String>,
    /// The place in the resource, as byte range.
    pub span: Range<usize>,
    /// Line of the place, from 1.
    pub line: u32,
    /// Column of the place in characters, from 1.
    pub column: u32,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the model runs.
    Warning,
    /// The model is refused.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// `file:line:column: error[rule]: message`, the form that editors follow.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}[{}]: {}",
            self.resource, self.line, self.column, self.severity, self.rule, self.message
        )
    }
}
