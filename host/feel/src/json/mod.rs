//! JSON as the evaluation meets it: text that is checked once, read in place and written without noise.

mod check;
pub(crate) mod scan;
mod write;

pub use check::check_json;
pub(crate) use write::Writer;

/// Levels of lists and objects that JSON may nest, the limit of common readers.
pub const JSON_DEPTH_MAX: usize = 127;

/// Bytes that [`crate::Value::to_json`] writes at most: shared parts of a value can make its text far longer
/// than the memory that it takes.
pub const JSON_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why text is no JSON, or a value has none.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text breaks JSON's syntax.
    #[error("invalid JSON")]
    Syntax(#[from] serde_json::Error),
    /// The text is no value: empty, cut off or followed by something else.
    #[error("invalid JSON: expected one complete value, found {found:?}")]
    NotAValue {
        /// The beginning of the text.
        found: String,
    },
    /// Text that begins like a number and is none, or is one beyond what a decimal holds.
    #[error("{text} is no number, or one out of range")]
    NotANumber {
        /// The beginning of the number.
        text: String,
    },
    /// Nested deeper than [`JSON_DEPTH_MAX`].
    #[error("nested deeper than {JSON_DEPTH_MAX} levels")]
    TooDeep,
    /// Longer than [`JSON_BYTES_MAX`].
    #[error("longer than {JSON_BYTES_MAX} bytes")]
    TooLong,
    /// A function has no JSON form.
    #[error("a {type_name} cannot be written as JSON")]
    NotRepresentable {
        /// FEEL's name of the value's type.
        type_name: &'static str,
    },
}

/// The beginning of `text`, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    const CHARACTERS_MAX: usize = 40;
    let mut excerpt: String = text.chars().take(CHARACTERS_MAX).collect();
    if excerpt.len() < text.len() {
        excerpt.push('…');
    }
    excerpt
}
