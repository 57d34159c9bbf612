//! Rules with stable ids. Each language has a table of its own, made with [`rules!`](crate::rules).

/// One rule. Ids are stable: editors, scripts and documentation refer to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable id, in kebab case.
    pub id: &'static str,
    /// What the rule asks for, and why.
    pub explanation: &'static str,
}

/// A file that is too large to be read.
pub const RESOURCE_LIMIT: Rule = Rule {
    id: "resource-limit",
    explanation: "a model stays within the limits on size, nesting and attributes",
};
/// A file that is no XML.
pub const XML_SYNTAX: Rule =
    Rule { id: "xml-syntax", explanation: "a model is well-formed XML 1.0 with namespaces" };
/// A file with a document type declaration.
pub const XML_DTD: Rule = Rule {
    id: "xml-dtd",
    explanation: "a model has no document type declaration, because entities can grow without bound",
};

/// Defines a language's rules as constants, and the table of all of them as `RULES`.
#[macro_export]
macro_rules! rules {
    ($($name:ident = $id:literal: $explanation:literal;)*) => {
        $(pub(crate) const $name: $crate::Rule = $crate::Rule { id: $id, explanation: $explanation };)*
        /// Every rule, in the order of the table.
        pub const RULES: &[$crate::Rule] = &[
            $crate::rule::RESOURCE_LIMIT,
            $crate::rule::XML_SYNTAX,
            $crate::rule::XML_DTD,
            $($name),*
        ];
        const _: () = $crate::rule::assert_stable(RULES);
    };
}

/// Does not compile where an id is not in kebab case or stands twice, or a rule is not explained.
#[doc(hidden)]
pub const fn assert_stable(rules: &[Rule]) {
    let mut at = 0;
    while at < rules.len() {
        let rule = &rules[at];
        assert!(!rule.explanation.is_empty(), "a rule has no explanation");
        assert!(is_kebab_case(rule.id.as_bytes()), "a rule's id is not in kebab case");
        let mut before = 0;
        while before < at {
            assert!(!is_same(rules[before].id.as_bytes(), rule.id.as_bytes()), "a rule's id occurs twice");
            before += 1;
        }
        at += 1;
    }
}

const fn is_kebab_case(id: &[u8]) -> bool {
    let mut at = 0;
    while at < id.len() {
        if !matches!(id[at], b'a'..=b'z' | b'0'..=b'9' | b'-') {
            return false;
        }
        at += 1;
    }
    !id.is_empty()
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
