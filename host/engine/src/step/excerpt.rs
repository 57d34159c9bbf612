//! Texts cut down for people.

use std::borrow::Cow;

/// `text`, or as much of its beginning as fits into `bytes_max` with an ellipsis behind it.
pub(super) fn excerpt(text: &str, bytes_max: usize) -> Cow<'_, str> {
    const ELLIPSIS: char = '…';
    if text.len() <= bytes_max {
        return Cow::Borrowed(text);
    }
    let mut end = bytes_max.saturating_sub(ELLIPSIS.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}{ELLIPSIS}", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_between_characters() {
        assert_eq!(excerpt("größe", 7), "größe");
        assert_eq!(excerpt("größe", 6), "gr…");
        assert_eq!(excerpt("größe", 3), "…");
        assert_eq!(excerpt("", 0), "");
    }
}
