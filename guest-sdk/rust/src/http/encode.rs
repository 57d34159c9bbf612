//! Percent-encoding of URL parts and forms.

use std::fmt::Write as _;

/// Encodes text for one segment of a path or one value of a query: everything but letters, digits and `-._~`.
pub fn encode_component(text: &str) -> String {
    percent_encode(text, |_| false)
}

/// Encodes text for a query.
pub(super) fn percent_encode_query(text: &str) -> String {
    percent_encode(text, |byte| b"/:@!$'()*,;".contains(&byte))
}

/// Writes pairs as `application/x-www-form-urlencoded`.
pub(super) fn form<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> String {
    let mut body = String::new();
    for (name, value) in pairs {
        if !body.is_empty() {
            body.push('&');
        }
        body.push_str(&encode_component(name.as_ref()));
        body.push('=');
        body.push_str(&encode_component(value.as_ref()));
    }
    body
}

fn percent_encode(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string never fails.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_of_a_form_are_encoded() {
        assert_eq!(
            form([("metadata[order id]", "7 & 8=ü"), ("currency", "eur")]),
            "metadata%5Border%20id%5D=7%20%26%208%3D%C3%BC&currency=eur"
        );
    }

    #[test]
    fn a_query_keeps_what_is_safe_in_it() {
        assert_eq!(percent_encode_query("a/b&c+d"), "a/b%26c%2Bd");
    }
}
