//! From XML elements to the model.

mod definitions;
mod element;
mod function;
mod graph;
mod imports;
mod items;
mod logic;
mod loops;
mod names;
mod node;
mod reading;
mod table;
mod text;
mod type_of_feel;

pub(crate) use definitions::definitions;
pub(crate) use imports::imported_namespaces;
