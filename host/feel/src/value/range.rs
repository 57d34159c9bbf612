//! Ranges: all values between two bounds.

use std::fmt;

use super::Value;

/// All values between two bounds.
#[derive(Clone, Debug)]
pub struct Range<'a> {
    /// The lower bound; `None` where the range is open below.
    pub start: Option<Value<'a>>,
    /// Whether the lower bound belongs to the range.
    pub start_included: bool,
    /// The upper bound; `None` where the range is open above.
    pub end: Option<Value<'a>>,
    /// Whether the upper bound belongs to the range.
    pub end_included: bool,
}

impl fmt::Display for Range<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.start_included { '[' } else { '(' };
        let close = if self.end_included { ']' } else { ')' };
        let bound =
            |bound: &Option<Value<'_>>| bound.as_ref().map_or_else(|| "null".to_owned(), Value::to_string);
        write!(formatter, "{open}{}..{}{close}", bound(&self.start), bound(&self.end))
    }
}
