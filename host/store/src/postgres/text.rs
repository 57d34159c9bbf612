//! Texts as PostgreSQL can hold them.
//!
//! It cannot hold U+0000, which a caller may send in any name. Refusing it in the middle of a commit would fail others with
//! it, so it is stored as U+0001 U+0001, and U+0001 as U+0001 U+0002: nothing else changes, and texts compare as before.
//! Only a `?` in a pattern does not match these two characters.

use std::borrow::Cow;

/// The text as it is stored.
pub(super) fn stored(text: &str) -> Cow<'_, str> {
    if memchr::memchr2(0, 1, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('\u{1}', "\u{1}\u{2}").replace('\0', "\u{1}\u{1}"))
}

/// The text that was stored.
pub(super) fn restored(text: &str) -> Cow<'_, str> {
    if memchr::memchr(1, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut restored = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        restored.push(match character {
            '\u{1}' if characters.next() == Some('\u{1}') => '\0',
            character => character,
        });
    }
    Cow::Owned(restored)
}

#[cfg(test)]
mod tests {
    use super::{restored, stored};

    const TEXTS: [&str; 8] = ["", "\0", "\0\0", "\u{1}", "\u{1}\0", "\u{1}\u{1}", "\u{2}", "a\0ü\u{1}"];

    #[test]
    fn texts_come_back_as_they_were() {
        for text in TEXTS {
            assert!(!stored(text).contains('\0'), "{text:?}");
            assert_eq!(restored(&stored(text)), text);
        }
    }

    #[test]
    fn texts_compare_as_before() {
        for left in TEXTS {
            for right in TEXTS {
                assert_eq!(stored(left).cmp(&stored(right)), left.cmp(right), "{left:?} {right:?}");
            }
        }
    }
}
