//! The known names of several words, as a tree of their characters.
//!
//! At every word of an expression the longest known name that begins there is looked for. Comparing each name would take
//! the square of the text; walking down the tree takes no longer than the longest name.

use std::borrow::Cow;
use std::collections::HashMap;

use super::lexer::is_name_part;

/// Bytes of a name that is found without backticks. A longer one would make every word of a text expensive.
const NAME_BYTES_MAX: usize = 256;

/// Names, found by the text that begins with them.
#[derive(Default)]
pub(super) struct NameTree<'t> {
    /// The node that a character leads to. Node 0 is the root.
    next: HashMap<(u32, char), u32>,
    /// The name that ends at a node.
    names: HashMap<u32, Cow<'t, str>>,
    nodes: u32,
}

impl<'t> NameTree<'t> {
    /// Adds a name whose words are separated by single spaces.
    pub(super) fn insert(&mut self, name: Cow<'t, str>) {
        if name.len() > NAME_BYTES_MAX {
            return;
        }
        let mut node = 0;
        for character in name.chars() {
            node = *self.next.entry((node, character)).or_insert_with(|| {
                self.nodes += 1;
                self.nodes
            });
        }
        self.names.insert(node, name);
    }

    /// The longest name at the beginning of `text`, with any space between its words, and how many bytes it takes there.
    pub(super) fn longest_at(&self, text: &str) -> Option<(&Cow<'t, str>, usize)> {
        let mut node = 0;
        let mut longest = None;
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let is_space = character.is_whitespace();
            let step = if is_space { ' ' } else { character };
            match self.next.get(&(node, step)) {
                Some(next) => node = *next,
                None => break,
            }
            while is_space && characters.next_if(|(_, next)| next.is_whitespace()).is_some() {}
            let goes_on = characters.peek().is_some_and(|(_, next)| is_name_part(*next));
            if !goes_on && let Some(name) = self.names.get(&node) {
                longest = Some((name, at + character.len_utf8()));
            }
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_that_ends_with_a_word_is_found() {
        let mut tree = NameTree::default();
        for name in ["first name", "first name of the child", "Order-Total"] {
            tree.insert(name.into());
        }
        for (text, found) in [
            ("first name", Some(("first name", 10))),
            ("first \n name + 1", Some(("first name", 12))),
            ("first name of the mother", Some(("first name", 10))),
            ("first name  of the child.age", Some(("first name of the child", 24))),
            ("first names", None),
            ("first", None),
            ("Order-Total+1", Some(("Order-Total", 11))),
            ("", None),
        ] {
            assert_eq!(tree.longest_at(text).map(|(name, end)| (&**name, end)), found, "{text}");
        }
    }

    /// Without a bound a name as long as the text would be walked along from each of its words.
    #[test]
    fn a_name_is_at_most_so_long() {
        let mut tree = NameTree::default();
        let name = "a ".repeat(NAME_BYTES_MAX) + "a";
        tree.insert(name.as_str().into());
        assert_eq!(tree.nodes, 0);
    }
}
