//! Mutated BPMN, DMN and FEEL: see README.md.

pub mod corpus;
pub mod mutate;
pub mod target;
pub mod under_way;
pub mod watch;
