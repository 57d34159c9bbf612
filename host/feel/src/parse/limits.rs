//! How large an expression may be.

/// Bytes that the text of an expression may have.
pub const EXPRESSION_BYTES_MAX: usize = 256 * 1024;

/// Levels that parentheses, lists, contexts and the like may nest, and that a chain of paths and filters may go on.
pub const NESTING_MAX: usize = 100;

/// Words that the name of a parameter or of a loop's variable has at most, unless it is in backticks.
pub(super) const NAME_WORDS_MAX: usize = 8;
