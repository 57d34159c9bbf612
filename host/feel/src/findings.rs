//! What parsing finds in an expression besides its meaning.

use std::ops::Range;

/// A function that an expression calls although FEEL brings none of that name, or none with these parameters.
///
/// Such a call is null unless a variable holds the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFunction {
    /// The function's name.
    pub name: String,
    /// The bytes of the expression's text that name it.
    pub span: Range<usize>,
}

/// A call of a function with which an error expression answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorAnswer {
    /// The function's name.
    pub name: &'static str,
    /// The bytes of the expression's text that name it.
    pub span: Range<usize>,
}

/// A regular expression that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPattern {
    /// What is wrong with it.
    pub reason: String,
    /// The bytes of the expression's text that it is in.
    pub span: Range<usize>,
}
