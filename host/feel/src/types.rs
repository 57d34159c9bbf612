//! Types: what stands behind `instance of` and behind the parameters of functions.
//!
//! How they are written is for `parse::types`, which values they have for `evaluate::conversion`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::parse::NESTING_MAX;

/// A type such as `number`, `list<string>` or `context<name: string, age: number>`. Cloning is cheap.
///
/// A type that nests deeper than [`crate::NESTING_MAX`] levels counts as `Any`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type(Arc<Parts>);

#[derive(Debug, PartialEq, Eq)]
struct Parts {
    kind: TypeKind,
    /// Levels that the type nests.
    depth: usize,
}

/// Types that a model defines, by name. An expression may use them like FEEL's own.
#[derive(Clone, Debug, Default)]
pub struct Types(BTreeMap<Box<str>, Type>);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TypeKind {
    Any,
    Null,
    /// One of the types that [`Value::type_name`](crate::Value::type_name) tells apart.
    Named(&'static str),
    List(Type),
    Range(Type),
    Context(Box<[(Box<str>, Type)]>),
    /// With so many parameters, or any function.
    Function {
        parameters: Option<usize>,
    },
}

impl Type {
    /// Lists of items of this type.
    #[must_use]
    pub fn list(self) -> Type {
        TypeKind::List(self).into()
    }

    /// Contexts that have entries of the given types.
    pub fn context(entries: impl IntoIterator<Item = (String, Type)>) -> Type {
        TypeKind::Context(entries.into_iter().map(|(name, of)| (name.into(), of)).collect()).into()
    }

    pub(crate) fn kind(&self) -> &TypeKind {
        &self.0.kind
    }
}

impl Types {
    pub(crate) const NONE: Types = Types(BTreeMap::new());

    /// Adds a type, in the place of any that had the name before. FEEL's own types keep their names.
    pub fn define(&mut self, name: &str, of: Type) {
        self.0.insert(name.into(), of);
    }

    /// The type called `name`.
    pub fn get(&self, name: &str) -> Option<&Type> {
        self.0.get(name)
    }

    /// The types whose names begin with a word, in the order of their names.
    pub(crate) fn beginning_with(&self, word: &str) -> impl Iterator<Item = (&str, &Type)> {
        let from = self.0.range::<str, _>((std::ops::Bound::Included(word), std::ops::Bound::Unbounded));
        let same_word = from.take_while(move |(name, _)| name.starts_with(word));
        same_word.map(|(name, of)| (&**name, of))
    }
}

impl From<TypeKind> for Type {
    fn from(kind: TypeKind) -> Type {
        let below = match &kind {
            TypeKind::List(of) | TypeKind::Range(of) => of.0.depth,
            TypeKind::Context(entries) => entries.iter().map(|(_, of)| of.0.depth).max().unwrap_or(0),
            TypeKind::Any | TypeKind::Null | TypeKind::Named(_) | TypeKind::Function { .. } => 0,
        };
        if below >= NESTING_MAX {
            return Type(Arc::new(Parts { kind: TypeKind::Any, depth: 1 }));
        }
        Type(Arc::new(Parts { kind, depth: below + 1 }))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            TypeKind::Any => formatter.write_str("Any"),
            TypeKind::Null => formatter.write_str("Null"),
            TypeKind::Named(name) => formatter.write_str(name),
            TypeKind::List(of) => write!(formatter, "list<{of}>"),
            TypeKind::Range(of) => write!(formatter, "range<{of}>"),
            TypeKind::Context(entries) => {
                formatter.write_str("context")?;
                for (index, (name, of)) in entries.iter().enumerate() {
                    let before = if index == 0 { '<' } else { ',' };
                    write!(formatter, "{before}{name}: {of}")?;
                }
                if entries.is_empty() { Ok(()) } else { formatter.write_str(">") }
            }
            TypeKind::Function { parameters: Some(count) } => {
                write!(formatter, "function with {count} parameters")
            }
            TypeKind::Function { parameters: None } => formatter.write_str("function"),
        }
    }
}
