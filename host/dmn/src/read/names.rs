//! The names that expressions may contain, those of several words among them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use fermata_xml::Node;

use super::node::NodeExt;

/// Bytes of a name that is found in texts, as in FEEL.
const NAME_BYTES_MAX: usize = 256;

/// Times that texts of one model are compared with a name. Names that begin with each other, in texts that repeat them,
/// would take minutes; the largest of honest models take a part of this.
const COMPARISONS_MAX: u64 = 3_000_000;

/// All names of a model and of its imports.
pub(super) struct Names {
    all: BTreeSet<Arc<str>>,
    comparisons_left: Cell<u64>,
}

/// There are no comparisons left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooManyNames;

impl Default for Names {
    fn default() -> Self {
        Names { all: BTreeSet::new(), comparisons_left: Cell::new(COMPARISONS_MAX) }
    }
}

impl Names {
    /// Collects every name that the document gives to something.
    pub(super) fn of(root: Node<'_>) -> Names {
        let mut names = Names::default();
        for node in root.descendants().filter(|node| node.dmn_name().is_some()) {
            for name in [node.name().as_deref(), node.value("iteratorVariable")] {
                names.insert(name.unwrap_or_default());
            }
        }
        names
    }

    pub(super) fn insert(&mut self, name: &str) {
        if !name.is_empty() && name.len() <= NAME_BYTES_MAX && !self.all.contains(name) {
            self.all.insert(name.into());
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.all.contains(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<str>> {
        self.all.iter()
    }

    /// The names that may stand in `text` and are no single words, each once.
    ///
    /// An expression is parsed with these only: with all the names of a large model every cell would take as long as
    /// the model.
    pub(super) fn within(&self, text: &str) -> Result<Vec<&str>, TooManyNames> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut found = BTreeSet::new();
        let mut is_inside = false;
        for (at, character) in text.char_indices() {
            if !is_inside && is_word(character) {
                self.beginning(&text[at..], &mut found)?;
            }
            is_inside = is_word(character);
        }
        Ok(found.into_iter().collect())
    }

    /// Adds the names that `text` begins with.
    fn beginning<'n>(&'n self, text: &str, found: &mut BTreeSet<&'n str>) -> Result<(), TooManyNames> {
        let mut rest = &text[..text.floor_char_boundary(NAME_BYTES_MAX)];
        while !rest.is_empty() {
            // Of the names that are not after `rest`, the last one begins as much of it as any does.
            let before = (Bound::Unbounded, Bound::Included(rest));
            let Some(name) = self.all.range::<str, _>(before).next_back() else { return Ok(()) };
            let left = self.comparisons_left.get().checked_sub(1).ok_or(TooManyNames)?;
            self.comparisons_left.set(left);
            let common = common_bytes(name, rest);
            if common == name.len() && !name.chars().all(is_word) {
                found.insert(name);
            }
            // Any other name that begins `rest` is a part of what the two have in common, and shorter than this name.
            let shorter = if common == name.len() { common.saturating_sub(1) } else { common };
            rest = &rest[..rest.floor_char_boundary(shorter)];
        }
        Ok(())
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Bytes that both begin with, which may end within a character.
fn common_bytes(one: &str, another: &str) -> usize {
    one.bytes().zip(another.bytes()).take_while(|(one, another)| one == another).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_begin_a_word() {
        let mut names = Names::default();
        for name in
            ["a", "first name", "first name of the child", "rate-2", "Zins in %", "x", "größe der Tür"]
        {
            names.insert(name);
        }
        for (text, expected) in [
            ("a + x", &[][..]),
            ("first \n name + 1", &["first name"]),
            ("1 + first name of the child.age", &["first name", "first name of the child"]),
            ("rate-2 + größe  der Tür", &["größe der Tür", "rate-2"]),
            ("my first names", &["first name"]),
            ("Zins in % * 2", &["Zins in %"]),
            ("xfirst name", &[]),
        ] {
            assert_eq!(names.within(text).as_deref(), Ok(expected), "{text}");
        }
    }
}
