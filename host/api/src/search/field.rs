//! What a resource can be searched by.

use store::search::Operand;

/// A field that clients name in filters and in sorting.
pub(crate) struct Field<F: 'static> {
    /// Its name in JSON.
    pub(crate) name: &'static str,
    pub(super) kind: Kind,
    pub(super) meaning: Meaning<F>,
    pub(super) sortable: bool,
    /// Values of entities that have left the store.
    pub(super) unkept: Option<Unkept>,
}

/// Values that cannot be asked for, because what has them is not kept: an empty result would say that there are none.
#[derive(Clone, Copy)]
pub(crate) struct Unkept {
    /// The values.
    pub(crate) values: &'static [&'static str],
    /// Why, and where else to look.
    pub(crate) because: &'static str,
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// A key, as text or number.
    Key,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A date and time in ISO 8601.
    DateTime,
    /// One of these names, in any casing.
    Enum(&'static [&'static str]),
    /// A list of labels, all of which must be there.
    Labels,
}

/// What a field stands for.
pub(super) enum Meaning<F> {
    /// A field of the store.
    Stored(F),
    /// Every entity has the same value, or none has one.
    Constant(Option<Constant>),
    /// Cannot be searched by.
    NotSupported,
}

/// A value that every entity has.
#[derive(Clone, Copy)]
pub(crate) enum Constant {
    Text(&'static str),
    Integer(i64),
}

impl<F> Field<F> {
    /// A field of the store that can be filtered and sorted by.
    pub(crate) const fn stored(name: &'static str, kind: Kind, field: F) -> Self {
        Self::new(name, kind, Meaning::Stored(field))
    }

    /// A text that all entities have.
    pub(crate) const fn always(name: &'static str, kind: Kind, value: &'static str) -> Self {
        Self::new(name, kind, Meaning::Constant(Some(Constant::Text(value))))
    }

    /// A number or truth value that all entities have.
    pub(crate) const fn always_integer(name: &'static str, kind: Kind, value: i64) -> Self {
        Self::new(name, kind, Meaning::Constant(Some(Constant::Integer(value))))
    }

    /// A value that no entity has.
    pub(crate) const fn never(name: &'static str, kind: Kind) -> Self {
        Self::new(name, kind, Meaning::Constant(None))
    }

    /// A field of Camunda's that cannot be searched by.
    pub(crate) const fn not_supported(name: &'static str) -> Self {
        Self::new(name, Kind::Text, Meaning::NotSupported)
    }

    /// The same, but only for filters.
    pub(crate) const fn only_filtered(self) -> Self
    where
        F: Copy,
    {
        Self { sortable: false, ..self }
    }

    /// The same, but some of its values cannot be asked for.
    pub(crate) const fn unkept(self, unkept: Unkept) -> Self
    where
        F: Copy,
    {
        Self { unkept: Some(unkept), ..self }
    }

    const fn new(name: &'static str, kind: Kind, meaning: Meaning<F>) -> Self {
        Self { name, kind, meaning, sortable: true, unkept: None }
    }
}

impl Constant {
    pub(super) fn operand(self) -> Operand {
        match self {
            Self::Text(text) => Operand::Text(text.to_owned()),
            Self::Integer(integer) => Operand::Integer(integer),
        }
    }
}
