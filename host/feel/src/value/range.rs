//! Ranges: all values between two bounds, or those that an operator picks.

use std::fmt;

use super::Value;

/// All values between two bounds; or a single one, or all others.
#[derive(Clone, Debug)]
pub struct Range<'a> {
    /// What the bounds mean.
    pub form: RangeForm,
    /// The lower bound; `None` where the range is open below.
    pub start: Option<Value<'a>>,
    /// Whether the lower bound belongs to the range.
    pub start_included: bool,
    /// The upper bound; `None` where the range is open above.
    pub end: Option<Value<'a>>,
    /// Whether the upper bound belongs to the range.
    pub end_included: bool,
}

/// What the bounds of a range mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeForm {
    /// What lies between them.
    Interval,
    /// `(= a)`: both bounds are the one value in the range.
    Equal,
    /// `(!= a)`: both bounds are the one value that is not in the range.
    NotEqual,
}

impl<'a> Range<'a> {
    /// Both bounds included, and all between them.
    pub fn closed(start: Value<'a>, end: Value<'a>) -> Range<'a> {
        Range {
            form: RangeForm::Interval,
            start: Some(start),
            start_included: true,
            end: Some(end),
            end_included: true,
        }
    }
}

impl fmt::Display for Range<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let included = |included: bool| if included { "=" } else { "" };
        match (self.form, &self.start, &self.end) {
            (RangeForm::Equal, Some(bound), _) => write!(formatter, "(={bound})"),
            (RangeForm::NotEqual, Some(bound), _) => write!(formatter, "(!={bound})"),
            (_, Some(start), Some(end)) => {
                let open = if self.start_included { '[' } else { '(' };
                let close = if self.end_included { ']' } else { ')' };
                write!(formatter, "{open}{start}..{end}{close}")
            }
            (_, Some(start), None) => write!(formatter, "(>{}{start})", included(self.start_included)),
            (_, None, Some(end)) => write!(formatter, "(<{}{end})", included(self.end_included)),
            (_, None, None) => formatter.write_str("(null..null)"),
        }
    }
}
