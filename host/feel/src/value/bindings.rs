//! Names that an evaluation knows besides the variables of its scope.

use std::sync::Arc;

use super::{Text, Value};

/// Values by name, which hide variables of the same name; of two with one name the later counts.
///
/// Unlike what a [`crate::Scope`] hands out, they may come from earlier evaluations. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Bindings<'a> {
    /// `None` while there are none, so that an evaluation without bindings allocates nothing.
    entries: Option<Arc<Vec<(Text<'a>, Value<'a>)>>>,
    depth: u32,
}

impl<'a> Bindings<'a> {
    /// Adds a value. Takes time in proportion to [`Bindings::len`] when the others are shared.
    pub fn bind(&mut self, name: impl Into<Text<'a>>, value: Value<'a>) {
        self.depth = self.depth.max(value.depth());
        let entries = self.entries.get_or_insert_default();
        Arc::make_mut(entries).push((name.into(), value));
    }

    /// The value called `name`.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        let entry = self.entries.as_ref()?.iter().rev().find(|(known, _)| **known == *name)?;
        Some(entry.1.clone())
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.entries.as_ref().map_or(0, |entries| entries.len())
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.entries.is_none()
    }

    /// Whether both share their values.
    pub(crate) fn are(&self, others: &Bindings<'a>) -> bool {
        match (&self.entries, &others.entries) {
            (Some(entries), Some(others)) => Arc::ptr_eq(entries, others),
            (entries, others) => entries.is_none() && others.is_none(),
        }
    }

    /// Levels of values that evaluations nested into each other.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }
}
