//! Contexts: JSON objects read in place, or entries that an evaluation made.

use std::sync::Arc;

use super::{Text, Value};
use crate::json::scan;

/// A FEEL context: entries by name, in the order in which they were written. Cloning shares the entries.
#[derive(Clone, Debug)]
pub struct Context<'a>(Repr<'a>);

#[derive(Clone, Debug)]
enum Repr<'a> {
    /// Begins with `{`.
    Json(&'a str),
    Made(Arc<Made<'a>>),
}

#[derive(Debug)]
struct Made<'a> {
    entries: Vec<(Text<'a>, Value<'a>)>,
    depth: u32,
}

impl<'a> Context<'a> {
    /// The context that `raw` holds, which begins with `{`.
    pub(crate) fn from_raw(raw: &'a str) -> Context<'a> {
        Context(Repr::Json(raw))
    }

    /// The JSON text behind the context, if it is unchanged from outside.
    pub(crate) fn raw(&self) -> Option<&'a str> {
        match &self.0 {
            Repr::Json(raw) => Some(raw),
            Repr::Made(_) => None,
        }
    }

    /// The value of the entry called `name`.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        match &self.0 {
            Repr::Json(raw) => scan::member(raw, name).map(Value::decode),
            Repr::Made(made) => {
                let entry = made.entries.iter().find(|(key, _)| **key == *name)?;
                Some(entry.1.clone())
            }
        }
    }

    /// The entries in order. A key that JSON repeats appears as often as it is written.
    pub fn iter(&self) -> Entries<'a, '_> {
        match &self.0 {
            Repr::Json(raw) => Entries(EntriesRepr::Json(scan::members(raw))),
            Repr::Made(made) => Entries(EntriesRepr::Made(made.entries.iter())),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Json(raw) => scan::members(raw).count(),
            Repr::Made(made) => made.entries.len(),
        }
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Repr::Json(raw) => scan::members(raw).next().is_none(),
            Repr::Made(made) => made.entries.is_empty(),
        }
    }

    /// Levels of values that an evaluation nested into each other.
    pub(crate) fn depth(&self) -> u32 {
        match &self.0 {
            Repr::Json(_) => 1,
            Repr::Made(made) => made.depth,
        }
    }

    /// Bytes of JSON that reading the whole context goes through.
    pub fn raw_bytes(&self) -> usize {
        self.raw().map_or(0, str::len)
    }
}

/// Of entries with the same name the last one counts, at the place of the first.
impl<'a> FromIterator<(Text<'a>, Value<'a>)> for Context<'a> {
    fn from_iter<I: IntoIterator<Item = (Text<'a>, Value<'a>)>>(source: I) -> Context<'a> {
        let mut entries = EntriesBuilder::default();
        for (key, value) in source {
            entries.put(key, value);
        }
        entries.build()
    }
}

/// Collects the entries of a context; a repeated name replaces the value.
#[derive(Default)]
pub(crate) struct EntriesBuilder<'a> {
    entries: Vec<(Text<'a>, Value<'a>)>,
    /// Where each name stands, once there are too many entries to look through.
    places: std::collections::HashMap<Text<'a>, usize>,
}

impl<'a> EntriesBuilder<'a> {
    /// Entries that are looked through one by one.
    const SEARCHED_MAX: usize = 16;

    pub(crate) fn put(&mut self, key: Text<'a>, value: Value<'a>) {
        match self.place(&key) {
            Some(place) => self.entries[place].1 = value,
            None => {
                if !self.places.is_empty() || self.entries.len() >= Self::SEARCHED_MAX {
                    if self.places.is_empty() {
                        let places = self.entries.iter().enumerate();
                        self.places = places.map(|(place, (key, _))| (key.clone(), place)).collect();
                    }
                    self.places.insert(key.clone(), self.entries.len());
                }
                self.entries.push((key, value));
            }
        }
    }

    pub(crate) fn build(self) -> Context<'a> {
        let depth = 1 + self.entries.iter().map(|(_, value)| value.depth()).max().unwrap_or(0);
        Context(Repr::Made(Arc::new(Made { entries: self.entries, depth })))
    }

    fn place(&self, key: &Text<'a>) -> Option<usize> {
        if self.places.is_empty() {
            return self.entries.iter().position(|(existing, _)| existing == key);
        }
        self.places.get(key).copied()
    }
}

/// Iterator of [`Context::iter`].
pub struct Entries<'a, 'c>(EntriesRepr<'a, 'c>);

enum EntriesRepr<'a, 'c> {
    Json(scan::Members<'a>),
    Made(std::slice::Iter<'c, (Text<'a>, Value<'a>)>),
}

impl<'a> Iterator for Entries<'a, '_> {
    type Item = (Text<'a>, Value<'a>);

    fn next(&mut self) -> Option<(Text<'a>, Value<'a>)> {
        match &mut self.0 {
            EntriesRepr::Json(members) => {
                let (key, raw) = members.next()?;
                Some((key.decode(), Value::decode(raw)))
            }
            EntriesRepr::Made(entries) => entries.next().cloned(),
        }
    }
}
