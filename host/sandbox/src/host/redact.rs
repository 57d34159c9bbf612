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

/// The name of a secret whose value stands in `text`.
pub(super) fn secret_in<'a>(forms: &'a [Form], text: &str) -> Option<&'a str> {
    let long = |form: &&Form| form.value.expose().len() >= DATA_VALUE_BYTES_MIN;
    forms.iter().filter(long).find(|form| text.contains(form.value.expose())).map(|form| form.name.as_str())
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
        assert_eq!(secret_in(&forms, r#"{"key":"abcdefgh"}"#), Some("KEY"));
        assert_eq!(secret_in(&forms, r#"{"key":"abcdefg"}"#), None);
        assert_eq!(secret_in(&forms, "abc"), None, "too short to be told from chance");
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
}
