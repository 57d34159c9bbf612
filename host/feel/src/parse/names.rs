//! Local names and the slots that they are bound to.

use std::borrow::Cow;

use super::ast::{EntryName, Kind, Slot};
use super::lexer::{self, TokenKind};
use super::name_tree::NameTree;
use super::parser::{Parser, Parsing};
use crate::error::ParseError;
use crate::span::Span;

/// Local names that may be bound at one place.
const BOUND_MAX: usize = 1024;

/// The names that mean something where the parser stands.
pub(super) struct Names<'t> {
    bound: Vec<Binding<'t>>,
    /// Names of several words: known from outside, or bound somewhere in the expression.
    /// They stay when they are released, since the context that has such an entry may be used further on.
    several_words: NameTree<'t>,
}

struct Binding<'t> {
    name: Cow<'t, str>,
    /// Whether the slot holds the item of a filter, whose entries are names too.
    is_item: bool,
    used: bool,
}

impl<'t> Names<'t> {
    pub(super) fn new(known: &[&'t str]) -> Names<'t> {
        let mut several_words = NameTree::default();
        for name in known.iter().copied().filter(|name| !is_one_word(name)) {
            several_words.insert(name.into());
        }
        Names { bound: Vec::new(), several_words }
    }

    /// How many names are bound; the next one is bound to this slot.
    pub(super) fn mark(&self) -> usize {
        self.bound.len()
    }

    /// Forgets the names that were bound since `mark`.
    pub(super) fn release(&mut self, mark: usize) {
        self.bound.truncate(mark);
    }

    /// Whether the name in `slot` was used.
    pub(super) fn is_used(&self, slot: usize) -> bool {
        self.bound.get(slot).is_some_and(|binding| binding.used)
    }

    /// Forgets whether the name in `slot` was used, and tells it.
    pub(super) fn take_used(&mut self, slot: usize) -> bool {
        self.bound.get_mut(slot).is_some_and(|binding| std::mem::take(&mut binding.used))
    }

    /// Notes that the name in `slot` was used.
    pub(super) fn set_used(&mut self, slot: usize) {
        if let Some(binding) = self.bound.get_mut(slot) {
            binding.used = true;
        }
    }

    pub(super) fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|binding| binding.name == name)
    }
}

impl<'t> Parser<'t> {
    /// Binds `name`, which stands at `span`, to the next slot.
    pub(super) fn bind(&mut self, name: Cow<'t, str>, span: Span) -> Parsing<()> {
        self.bind_slot(name, span, false)
    }

    /// Binds the item of a filter to the next slot.
    pub(super) fn bind_item(&mut self, span: Span) -> Parsing<()> {
        self.bind_slot("item".into(), span, true)
    }

    fn bind_slot(&mut self, name: Cow<'t, str>, span: Span, is_item: bool) -> Parsing<()> {
        if self.names.bound.len() == BOUND_MAX {
            let message = format!("more than {BOUND_MAX} names are defined here; keep data in variables");
            return Err(self.error(message, span));
        }
        if !is_one_word(&name) {
            self.names.several_words.insert(name.clone());
        }
        self.names.bound.push(Binding { name, is_item, used: false });
        Ok(())
    }

    /// What `name` means here.
    pub(super) fn resolve(&mut self, name: &str) -> Kind {
        let mut items: Vec<Slot> = Vec::new();
        let mut local = None;
        for (slot, binding) in self.names.bound.iter_mut().enumerate().rev() {
            // An item may itself have an entry called `item`, which then comes first.
            if binding.is_item {
                items.push(slot as Slot);
            }
            if binding.name == name {
                binding.used = true;
                local = Some(slot as Slot);
                break;
            }
        }
        if local.is_none() && !self.variables.contains(name) {
            self.variables.insert(name.into());
        }
        match (items.is_empty(), local) {
            (true, Some(slot)) => Kind::Local(slot),
            (true, None) => Kind::Variable(name.into()),
            (false, local) => {
                Kind::Entry(Box::new(EntryName { name: name.into(), items: items.into(), local }))
            }
        }
    }

    /// Where the longest known name of several words that begins at the next token ends.
    pub(super) fn several_words(&self) -> Option<(Cow<'t, str>, u32)> {
        let start = self.token.span.start as usize;
        let (name, bytes) = self.names.several_words.longest_at(&self.text[start..])?;
        Some((name.clone(), (start + bytes) as u32))
    }

    /// A name that is defined here: a word, or anything in backticks.
    pub(super) fn new_name(&mut self, expected: &str) -> Parsing<(&'t str, Span)> {
        match self.token.kind {
            TokenKind::Word if !is_keyword(self.text_of(self.token.span)) => {
                let token = self.advance()?;
                Ok((self.text_of(token.span), token.span))
            }
            TokenKind::QuotedName => {
                let token = self.advance()?;
                let quoted = self.text_of(token.span);
                Ok((&quoted[1..quoted.len() - 1], token.span))
            }
            TokenKind::Word => Err(self.keyword_as_name()),
            _ => Err(self.unexpected(expected)),
        }
    }

    pub(super) fn keyword_as_name(&self) -> ParseError {
        let word = self.text_of(self.token.span);
        let message = format!(
            "found the keyword `{word}`, expected a value; write `{word}` in backticks if it is a name"
        );
        self.error(message, self.token.span)
    }
}

/// Words that are no names.
pub(super) fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "true"
            | "false"
            | "null"
            | "if"
            | "then"
            | "else"
            | "for"
            | "in"
            | "return"
            | "some"
            | "every"
            | "satisfies"
            | "and"
            | "or"
            | "between"
            | "function"
            | "external"
            | "instance"
    )
}

/// Whether the lexer sees `name` as a single word.
fn is_one_word(name: &str) -> bool {
    matches!(
        lexer::token(name, 0),
        Ok(token) if matches!(token.kind, TokenKind::Word | TokenKind::Question)
            && token.span.range() == (0..name.len())
    )
}
