//! E-mail addresses, as far as all three vendors agree on them.

/// Whether this is an address: a mailbox, `@`, and a domain with a dot.
pub(super) fn is_email(text: &str) -> bool {
    let Some((mailbox, domain)) = text.rsplit_once('@') else { return false };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    !mailbox.is_empty()
        && !mailbox.contains(|letter: char| letter.is_whitespace() || "@<>(),;:\\\"[]".contains(letter))
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for address in ["ada@engine.example", "a.b+c@x-y.co"] {
            assert!(is_email(address), "{address}");
        }
        for text in [
            "",
            "ada",
            "@engine.example",
            "ada@engine",
            "ada@engine..example",
            "a b@c.example",
            "a@-c.example",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }
}
