//! Lists: JSON read in place, or items that an evaluation made.

use std::sync::Arc;

use super::Value;
use crate::json::scan;

/// A FEEL list. Cloning shares the items.
#[derive(Clone, Debug)]
pub struct List<'a>(Repr<'a>);

#[derive(Clone, Debug)]
enum Repr<'a> {
    /// Begins with `[`.
    Json(&'a str),
    Made(Arc<Made<'a>>),
}

#[derive(Debug)]
struct Made<'a> {
    items: Vec<Value<'a>>,
    depth: u32,
}

impl<'a> List<'a> {
    /// The list that `raw` holds, which begins with `[`.
    pub(crate) fn from_raw(raw: &'a str) -> List<'a> {
        List(Repr::Json(raw))
    }

    /// The JSON text behind the list, if it is unchanged from outside.
    pub(crate) fn raw(&self) -> Option<&'a str> {
        match &self.0 {
            Repr::Json(raw) => Some(raw),
            Repr::Made(_) => None,
        }
    }

    /// The items in order.
    pub fn iter(&self) -> Items<'a, '_> {
        match &self.0 {
            Repr::Json(raw) => Items(ItemsRepr::Json(scan::elements(raw))),
            Repr::Made(made) => Items(ItemsRepr::Made(made.items.iter())),
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Json(raw) => scan::elements(raw).count(),
            Repr::Made(made) => made.items.len(),
        }
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Repr::Json(raw) => scan::elements(raw).next().is_none(),
            Repr::Made(made) => made.items.is_empty(),
        }
    }

    /// The item at `index`, counted from zero.
    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match &self.0 {
            Repr::Json(raw) => scan::elements(raw).nth(index).map(Value::decode),
            Repr::Made(made) => made.items.get(index).cloned(),
        }
    }

    /// Levels of values that an evaluation nested into each other.
    pub(crate) fn depth(&self) -> u32 {
        match &self.0 {
            Repr::Json(_) => 1,
            Repr::Made(made) => made.depth,
        }
    }

    /// Bytes of JSON that reading the whole list goes through.
    pub fn raw_bytes(&self) -> usize {
        self.raw().map_or(0, str::len)
    }
}

impl<'a> From<Vec<Value<'a>>> for List<'a> {
    fn from(items: Vec<Value<'a>>) -> List<'a> {
        let depth = 1 + items.iter().map(Value::depth).max().unwrap_or(0);
        List(Repr::Made(Arc::new(Made { items, depth })))
    }
}

impl<'a> FromIterator<Value<'a>> for List<'a> {
    fn from_iter<I: IntoIterator<Item = Value<'a>>>(items: I) -> List<'a> {
        List::from(items.into_iter().collect::<Vec<_>>())
    }
}

/// Iterator of [`List::iter`].
#[derive(Clone)]
pub struct Items<'a, 'l>(ItemsRepr<'a, 'l>);

#[derive(Clone)]
enum ItemsRepr<'a, 'l> {
    Json(scan::Elements<'a>),
    Made(std::slice::Iter<'l, Value<'a>>),
}

impl<'a> Iterator for Items<'a, '_> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        match &mut self.0 {
            ItemsRepr::Json(elements) => elements.next().map(Value::decode),
            ItemsRepr::Made(items) => items.next().cloned(),
        }
    }
}
