//! Bounds on a document before it becomes a tree.
//!
//! The tree keeps, per element, all namespaces in scope and compares each attribute with those before it.
//! A small hostile file could make that cost gigabytes or hours, so it is bounded by one scan over the tags.

use std::fmt;

/// The largest model, in bytes.
pub const RESOURCE_BYTES_MAX: usize = 4 << 20;

/// How deep elements may nest.
pub(crate) const NESTING_DEPTH_MAX: usize = 128;

/// The most attributes of one element.
pub(crate) const ATTRIBUTES_MAX: usize = 256;

/// The most namespace declarations in one document.
pub(crate) const NAMESPACE_DECLARATIONS_MAX: usize = 256;

/// A bound that a document exceeds, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exceeded {
    pub(crate) limit: Limit,
    pub(crate) offset: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Bytes(usize),
    Depth,
    Attributes,
    NamespaceDeclarations,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => {
                write!(f, "the model takes {bytes} bytes, the limit is {RESOURCE_BYTES_MAX}")
            }
            Self::Depth => write!(f, "elements nest deeper than {NESTING_DEPTH_MAX} levels"),
            Self::Attributes => write!(f, "an element has more than {ATTRIBUTES_MAX} attributes"),
            Self::NamespaceDeclarations => {
                write!(f, "the model declares more than {NAMESPACE_DECLARATIONS_MAX} namespaces")
            }
        }
    }
}

/// Checks the bounds. Malformed XML passes: the parser finds it at the latest where this scan gives up.
pub(crate) fn check(source: &str) -> Result<(), Exceeded> {
    if source.len() > RESOURCE_BYTES_MAX {
        return Err(Exceeded { limit: Limit::Bytes(source.len()), offset: 0 });
    }
    let (mut depth, mut declarations, mut at) = (0_usize, 0_usize, 0_usize);
    while let Some(found) = source[at..].find('<') {
        let start = at + found;
        let rest = &source[start..];
        let Some(length) = markup_length(rest) else { return Ok(()) };
        at = start + length;
        let markup = &rest[..length];
        let exceeded = |limit| Err(Exceeded { limit, offset: start });
        if markup.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !markup.starts_with("<!") && !markup.starts_with("<?") {
            let tag = Tag::scan(markup);
            if tag.attributes > ATTRIBUTES_MAX {
                return exceeded(Limit::Attributes);
            }
            declarations += tag.namespace_declarations;
            if declarations > NAMESPACE_DECLARATIONS_MAX {
                return exceeded(Limit::NamespaceDeclarations);
            }
            depth += usize::from(!markup.ends_with("/>"));
            if depth > NESTING_DEPTH_MAX {
                return exceeded(Limit::Depth);
            }
        }
    }
    Ok(())
}

/// Bytes of the tag, comment, section or instruction that `rest` begins with; `None` when it does not end.
fn markup_length(rest: &str) -> Option<usize> {
    for (opening, closing) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
        if let Some(inside) = rest.strip_prefix(opening) {
            return inside.find(closing).map(|at| opening.len() + at + closing.len());
        }
    }
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

struct Tag {
    attributes: usize,
    namespace_declarations: usize,
}

impl Tag {
    fn scan(markup: &str) -> Self {
        let mut tag = Self { attributes: 0, namespace_declarations: 0 };
        let (mut quote, mut outside) = (None, 0);
        for (at, byte) in markup.bytes().enumerate() {
            match (quote, byte) {
                (None, b'"' | b'\'') => {
                    tag.attributes += 1;
                    let before =
                        markup[outside..at].trim_end_matches(|c: char| c == '=' || c.is_ascii_whitespace());
                    let name = before.split_ascii_whitespace().next_back().unwrap_or_default();
                    tag.namespace_declarations += usize::from(name.starts_with("xmlns"));
                    quote = Some(byte);
                }
                (Some(open), _) if open == byte => (quote, outside) = (None, at + 1),
                _ => {}
            }
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(source: &str) -> Option<Limit> {
        check(source).err().map(|exceeded| exceeded.limit)
    }

    #[test]
    fn depth_counts_open_elements_only() {
        assert_eq!(limit(&"<a>".repeat(NESTING_DEPTH_MAX)), None);
        assert_eq!(limit(&"<a>".repeat(NESTING_DEPTH_MAX + 1)), Some(Limit::Depth));
        assert_eq!(limit(&"<a/><b></b>".repeat(1_000)), None);
        assert_eq!(limit(&"<!-- <a> --><![CDATA[<a>]]><?a <a> ?>".repeat(1_000)), None);
    }

    #[test]
    fn attributes_are_counted_outside_of_values() {
        let attributes =
            |count: usize| (0..count).map(|index| format!(" a{index}='x>\"'")).collect::<String>();
        assert_eq!(limit(&format!("<a{}/>", attributes(ATTRIBUTES_MAX))), None);
        assert_eq!(limit(&format!("<a{}/>", attributes(ATTRIBUTES_MAX + 1))), Some(Limit::Attributes));
    }

    #[test]
    fn namespace_declarations_are_counted_over_the_document() {
        let many = "<a xmlns:b='urn:b' x='1'/>".repeat(NAMESPACE_DECLARATIONS_MAX);
        assert_eq!(limit(&many), None);
        assert_eq!(limit(&format!("{many}<a\n  xmlns='urn:c'>")), Some(Limit::NamespaceDeclarations));
    }

    #[test]
    fn size_is_bounded() {
        assert_eq!(limit(&" ".repeat(RESOURCE_BYTES_MAX + 1)), Some(Limit::Bytes(RESOURCE_BYTES_MAX + 1)));
    }

    #[test]
    fn malformed_documents_are_left_to_the_parser() {
        for source in ["<", "<a", "<a b='", "<!--", "<![CDATA[", "<?", "</", "<!", "é<é"] {
            assert_eq!(limit(source), None, "{source}");
        }
    }
}
