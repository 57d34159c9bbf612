//! Decisions: their versions, the files that hold them, what they came to, and asking them.

mod definitions;
mod evaluate;
mod evaluated;
mod instances;
mod requirements;

pub(crate) use definitions::{
    get as get_definition, get_xml as get_definition_xml, search as search_definitions,
};
pub(crate) use evaluate::evaluate;
pub(crate) use instances::{get as get_instance, search as search_instances};
pub(crate) use requirements::{
    get as get_requirements, get_xml as get_requirements_xml, search as search_requirements,
};
