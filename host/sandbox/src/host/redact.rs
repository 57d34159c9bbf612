//! Finding the values of secrets in texts and bytes that must not show them.
//!
//! A value is found where it stands byte for byte. In another form, say compressed, escaped or encoded, it is not;
//! the one form that the host itself makes of it, the Base64 of `Authorization: Basic`, is known and found too.

use std::borrow::Cow;

use memchr::memmem;

use crate::SecretString;

/// Shorter values are not looked for in messages: they would be found by chance.
const MESSAGE_VALUE_BYTES_MIN: usize = 6;
/// Shorter values are not looked for in data, that is responses and results, where a chance find would do damage.
const DATA_VALUE_BYTES_MIN: usize = 8;

/// A value to be found, and the secret that it belongs to.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) name: String,
    pub(super) value: SecretString,
}

/// Which edge of a text was cut: what is left of a value there goes as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Neither.
    Nowhere,
    /// Its beginning is missing.
    Front,
    /// Its end is missing.
    Back,
}

/// `text` with the names of secrets in the place of their values.
/// Of `forms` the longest comes first: a value may be part of another.
pub(super) fn redacted<'a>(forms: &[Form], text: &'a str, cut: Cut) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    let forms = || forms.iter().filter(|form| form.value.expose().len() >= MESSAGE_VALUE_BYTES_MIN);
    for Form { name, value } in forms() {
        if text.contains(value.expose()) {
            text = Cow::Owned(text.replace(value.expose(), &placed(name)));
        }
    }
    let left = forms().map(|form| {
        let (text, value) = (text.as_bytes(), form.value.expose().as_bytes());
        let length = match cut {
            Cut::Nowhere => 0,
            Cut::Front => left_at_front(text, value),
            Cut::Back => begun_at_end(text, value),
        };
        (length, placed(&form.name))
    });
    // Both edges of what is left lie between letters, because those of text and value do.
    match left.max_by_key(|(length, _)| *length) {
        Some((length, name)) if length >= MESSAGE_VALUE_BYTES_MIN => Cow::Owned(match cut {
            Cut::Back => text[..text.len() - length].to_owned() + &name,
            Cut::Front | Cut::Nowhere => name + &text[length..],
        }),
        _ => text,
    }
}

/// The name of a secret whose value stands in `data`.
pub(super) fn secret_in<'a>(forms: &'a [Form], data: &[u8]) -> Option<&'a str> {
    let long = |form: &&Form| form.value.expose().len() >= DATA_VALUE_BYTES_MIN;
    let is_there = |form: &&Form| memmem::find(data, form.value.expose().as_bytes()).is_some();
    forms.iter().filter(long).find(is_there).map(|form| form.name.as_str())
}

fn placed(name: &str) -> String {
    format!("[secret {name}]")
}

/// How many bytes at the beginning of `bytes` are the end of `value`, as many as possible but not all of it.
fn left_at_front(bytes: &[u8], value: &[u8]) -> usize {
    let longest = bytes.len().min(value.len().saturating_sub(1));
    (1..=longest).rev().find(|&length| bytes.starts_with(&value[value.len() - length..])).unwrap_or(0)
}

/// How many bytes at the end of `bytes` are the beginning of `value`, as many as possible but not all of it.
fn begun_at_end(bytes: &[u8], value: &[u8]) -> usize {
    let longest = bytes.len().min(value.len().saturating_sub(1));
    (1..=longest).rev().find(|&length| bytes.ends_with(&value[..length])).unwrap_or(0)
}

/// The values that a response must not carry to the guest.
#[derive(Debug, Default)]
pub(crate) struct Needles(Vec<SecretString>);

impl Needles {
    /// Of `values` the longest comes first.
    pub(super) fn new(values: impl Iterator<Item = SecretString>) -> Self {
        Self(values.filter(|value| value.expose().len() >= DATA_VALUE_BYTES_MIN).collect())
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `bytes` holds a value.
    pub(crate) fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|value| memmem::find(bytes, value.expose().as_bytes()).is_some())
    }

    /// Puts asterisks over every value in `bytes`, so that the length stays what the response says it is.
    pub(crate) fn mask(&self, bytes: &mut [u8]) {
        for value in &self.0 {
            let value = value.expose().as_bytes();
            let mut from = 0;
            while let Some(found) = memmem::find(&bytes[from..], value) {
                let end = from + found + value.len();
                bytes[from + found..end].fill(b'*');
                from = end;
            }
        }
    }

    /// How many bytes at the end of `bytes` may be the beginning of a value that goes on behind them.
    pub(crate) fn begun_at_end(&self, bytes: &[u8]) -> usize {
        self.0.iter().map(|value| begun_at_end(bytes, value.expose().as_bytes())).max().unwrap_or(0)
    }
}

/// The names and texts in `json` that have anything escaped, as they read. Looked for token by token: what is nested,
/// stands twice or is no JSON at all hides none of them.
pub(super) fn escaped_texts(json: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[memchr::memchr(b'"', rest)? + 1..];
            let (mut end, mut is_escaped) = (0, false);
            while let Some(byte) = rest.get(end).filter(|byte| **byte != b'"') {
                is_escaped |= *byte == b'\\';
                end += if *byte == b'\\' { 2 } else { 1 };
            }
            let (text, behind) = rest.split_at(end.min(rest.len()));
            rest = behind.get(1..).unwrap_or_default();
            if is_escaped {
                return Some(unescaped(text));
            }
        }
    })
}

/// A text of JSON as it reads; what escapes nothing is left as it is.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut read = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let Some((escape, behind)) = behind.split_first().filter(|_| *byte == b'\\') else {
            read.push(*byte);
            continue;
        };
        rest = behind;
        match escape {
            b'n' => read.push(b'\n'),
            b't' => read.push(b'\t'),
            b'r' => read.push(b'\r'),
            b'b' => read.push(8),
            b'f' => read.push(12),
            b'u' => {
                let Some((letter, behind)) = letter(behind) else { continue };
                rest = behind;
                read.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => read.push(*other),
        }
    }
    read
}

/// The letter whose number stands at the beginning of `text`, be it in two halves, and what is behind it.
fn letter(text: &[u8]) -> Option<(char, &[u8])> {
    let half = |text: &[u8]| {
        let digits = std::str::from_utf8(text.get(..4)?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = half(text)?;
    let behind = &text[4..];
    let second = behind.strip_prefix(b"\\u").and_then(half);
    let mut letters = char::decode_utf16(std::iter::once(first).chain(second));
    match letters.next()? {
        Ok(letter) if letter.len_utf16() == 2 => Some((letter, &behind[6..])),
        letter => Some((letter.unwrap_or(char::REPLACEMENT_CHARACTER), behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms() -> Vec<Form> {
        [("LONG", "abcdefghijkl"), ("KEY", "abcdefgh"), ("SHORT", "abc")]
            .map(|(name, value)| Form { name: name.to_owned(), value: SecretString::new(value) })
            .into()
    }

    fn needles() -> Needles {
        Needles::new(forms().into_iter().map(|form| form.value))
    }

    #[test]
    fn the_longest_value_is_named_and_short_ones_are_left() {
        let forms = forms();
        let of = |text| redacted(&forms, text, Cut::Nowhere).into_owned();
        assert_eq!(of("<abcdefghijkl> <abcdefgh> <abc>"), "<[secret LONG]> <[secret KEY]> <abc>");
        assert!(matches!(redacted(&forms, "abcdefg", Cut::Nowhere), Cow::Borrowed("abcdefg")));
    }

    #[test]
    fn what_a_cut_has_left_of_a_value_goes_too() {
        let forms = forms();
        let of = |text, cut| redacted(&forms, text, cut).into_owned();
        assert_eq!(of("the key abcdefg", Cut::Back), "the key [secret KEY]");
        assert_eq!(of("ghijkl is it", Cut::Front), "[secret LONG] is it");
        assert_eq!(of("é abcdefghijk", Cut::Back), "é [secret KEY]ijk");
        assert_eq!(of("abcde", Cut::Back), "abcde", "too little to tell");
        assert_eq!(of("the key abcdefg", Cut::Front), "the key abcdefg");
    }

    #[test]
    fn a_value_in_data_is_found_by_its_name() {
        let forms = forms();
        assert_eq!(secret_in(&forms, br#"{"key":"abcdefgh"}"#), Some("KEY"));
        assert_eq!(secret_in(&forms, br#"{"key":"abcdefg"}"#), None);
        assert_eq!(secret_in(&forms, b"abc"), None, "too short to be told from chance");
    }

    #[test]
    fn a_masked_response_keeps_its_length() {
        let mut bytes = *b"1 abcdefgh 2 abcdefghijkl abcdefghabcdefgh";
        needles().mask(&mut bytes);
        assert_eq!(&bytes, b"1 ******** 2 ************ ****************");
        assert!(!needles().are_in(&bytes));
        assert!(needles().are_in(b"{abcdefgh}"));
        assert!(!needles().are_in(b"{abc}"));
    }

    #[test]
    fn a_value_that_begins_at_the_end_is_noticed() {
        assert_eq!(needles().begun_at_end(b"1 abcdefghijk"), 11);
        assert_eq!(needles().begun_at_end(b"1 abcdefghijkl"), 0);
        assert_eq!(needles().begun_at_end(b"1 a"), 1);
        assert_eq!(needles().begun_at_end(b""), 0);
    }

    #[test]
    fn what_is_escaped_in_json_is_read_wherever_it_stands() {
        let texts = |json: &str| -> Vec<String> {
            escaped_texts(json.as_bytes()).map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
        };
        assert_eq!(texts(r#"{"a\u0062":1e999,"plain":["x\ny","\\\"\/"]}"#), ["ab", "x\ny", "\\\"/"]);
        assert_eq!(
            texts(r#"{"k":"\u0073ecret","k":1} and more "\ud83d\ude00\ud83d-\u00e9""#),
            ["secret", "😀\u{fffd}-é"]
        );
        assert_eq!(texts(r#""cut \"#), ["cut \\"]);
        assert_eq!(texts(r#""cut \u00"#), ["cut 00"]);
        assert_eq!(texts(r#"{"nothing":"is escaped"}"#), [""; 0]);
    }
}
