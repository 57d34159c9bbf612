//! What is asked: filters, sorting, and the part of the result.
//!
//! Conditions have a binary form too, for those that are kept. Its numbers are never reused.

use minicbor::{Decode, Encode};

/// Items of a page when the caller does not say.
pub const PAGE_ITEMS_DEFAULT: u32 = 100;
/// Most items of a page.
pub const PAGE_ITEMS_MAX: u32 = 10_000;
/// A page ends early when its values take so many bytes, but never before its first item.
pub const PAGE_BYTES_MAX: usize = 16 << 20;
/// Counting stops here: a count costs as much as what it counts.
pub const TOTAL_ITEMS_COUNTED_MAX: u64 = 10_000;

/// A search over entities with the fields `F`.
#[derive(Clone, Debug)]
pub struct Search<F> {
    /// All of them must hold.
    pub conditions: Vec<Condition<F>>,
    /// Sorted by these, in this order, then by key in the direction of the last of them.
    pub sort: Vec<(F, Order)>,
    /// Which part of the result.
    pub page: PageRequest,
}

impl<F> Default for Search<F> {
    /// All there are, by key.
    fn default() -> Self {
        Self { conditions: Vec::new(), sort: Vec::new(), page: PageRequest::default() }
    }
}

/// A condition of a filter.
#[derive(Clone, Debug, Encode, Decode)]
pub enum Condition<F> {
    /// Compares one field.
    #[n(0)]
    Field(#[n(0)] F, #[n(1)] Operator),
    /// At least one of these lists holds as a whole (Camunda's `$or`). An empty list holds; none at all do not.
    #[n(1)]
    Any(#[n(0)] Vec<Vec<Condition<F>>>),
}

/// What a field is compared with.
///
/// A value of the wrong kind, text for a number or the other way round, equals nothing and is neither greater nor less.
/// A field with several values (see [`FieldKind::Texts`](super::FieldKind::Texts)) meets a condition when one of them does;
/// it meets [`Neq`](Self::Neq) and [`NotIn`](Self::NotIn) when none of them is excluded.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Operator {
    /// Equal.
    #[n(0)]
    Eq(#[n(0)] Operand),
    /// Different; a missing value is different from every value.
    #[n(1)]
    Neq(#[n(0)] Operand),
    /// Whether there is a value.
    #[n(2)]
    Exists(#[n(0)] bool),
    /// Greater.
    #[n(3)]
    Gt(#[n(0)] Operand),
    /// Greater or equal.
    #[n(4)]
    Gte(#[n(0)] Operand),
    /// Less.
    #[n(5)]
    Lt(#[n(0)] Operand),
    /// Less or equal.
    #[n(6)]
    Lte(#[n(0)] Operand),
    /// One of these.
    #[n(7)]
    In(#[n(0)] Vec<Operand>),
    /// None of these.
    #[n(8)]
    NotIn(#[n(0)] Vec<Operand>),
    /// Matches a pattern in which `*` stands for any text and `?` for any character; `\` takes the next one as it is.
    #[n(9)]
    Like(#[n(0)] String),
}

/// A value in a filter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Operand {
    /// Text, names, enums.
    #[n(0)]
    Text(#[n(0)] String),
    /// Keys, times in milliseconds, numbers, booleans as 0 and 1.
    #[n(1)]
    Integer(#[n(0)] i64),
}

/// Direction of sorting. Missing values come first in ascending order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

impl Order {
    /// The other direction.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// Which part of a result.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// Where it starts.
    pub start: PageStart,
    /// At most so many items; more than [`PAGE_ITEMS_MAX`] counts as that. See also [`PAGE_BYTES_MAX`].
    pub limit: u32,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { start: PageStart::From(0), limit: PAGE_ITEMS_DEFAULT }
    }
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageStart {
    /// So many items from the beginning.
    From(u64),
    /// After the item that an earlier page's end cursor names.
    After(String),
    /// Before the item that an earlier page's start cursor names.
    Before(String),
}

/// Part of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are in all, on this page and off it; past [`TOTAL_ITEMS_COUNTED_MAX`] it stays there.
    pub total_items: u64,
    /// Whether there are more than `total_items`.
    pub has_more_total_items: bool,
    /// Names the first item.
    pub start_cursor: Option<String>,
    /// Names the last item.
    pub end_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The page with each item made into another.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            total_items: self.total_items,
            has_more_total_items: self.has_more_total_items,
            start_cursor: self.start_cursor,
            end_cursor: self.end_cursor,
        }
    }
}
