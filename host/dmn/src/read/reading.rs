//! What is carried along while one model is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use fermata_xml::{Findings, Node, Place, Reported, Rule};

use super::names::Names;
use super::node::NodeExt;
use crate::model::Model;
use crate::rule;
use crate::types::{Type, Types};

/// Why a part of the model was not read.
pub(super) enum Trouble {
    /// An error keeps the whole model from being used.
    Reported(Reported),
    /// A model that was accepted before has logic that is refused today: its evaluation fails.
    Unreadable(String),
}

impl From<Reported> for Trouble {
    fn from(reported: Reported) -> Self {
        Self::Reported(reported)
    }
}

/// The result of reading a part of logic.
pub(super) type Read<T> = Result<T, Trouble>;

/// The state of the reading.
pub(super) struct Reading<'r> {
    pub(super) findings: &'r mut Findings,
    /// Imported models by the name of the import.
    pub(super) imports: BTreeMap<Arc<str>, Arc<Model>>,
    pub(super) names: Names,
    pub(super) types: Arc<Types>,
    /// Whether types are checked. Camunda takes those of its models for remarks.
    pub(super) checks_types: bool,
}

impl Reading<'_> {
    /// Logic that cannot be evaluated: an error at deployment, later one of the evaluation.
    pub(super) fn refuse<T>(&mut self, rule: Rule, place: Place, message: impl Into<String>) -> Read<T> {
        let message = message.into();
        self.findings.refuse(rule, place, message.clone())?;
        Err(Trouble::Unreadable(message))
    }

    /// The type that an element's `typeRef` names, as an attribute or as a child.
    pub(super) fn type_of(&mut self, node: Node<'_>) -> Type {
        let of_child = || node.dmn_child("typeRef")?.text();
        let Some(name) = node.value("typeRef").or_else(of_child) else { return Type::Any };
        if !self.checks_types {
            return Type::Any;
        }
        match self.find_type(name.trim()) {
            Some(of) => of,
            None => {
                let message = format!(
                    "{} has the type `{}`, which does not exist and counts as any",
                    node.describe(),
                    fermata_xml::shortened(name.trim())
                );
                self.findings.warning(rule::UNKNOWN_TYPE, node.attribute_place("typeRef"), message);
                Type::Any
            }
        }
    }

    fn find_type(&self, name: &str) -> Option<Type> {
        let name = name.strip_prefix("feel:").unwrap_or(name);
        if let Some(of) = Type::builtin(name) {
            return Some(of);
        }
        if let Some(at) = self.types.by_name.get(name) {
            return Some(Type::Item(Arc::clone(&self.types), *at));
        }
        find_imported_type(&self.imports, name)
    }
}

/// The type `IMPORT.NAME`, or one of an import without a name.
pub(super) fn find_imported_type(imports: &BTreeMap<Arc<str>, Arc<Model>>, name: &str) -> Option<Type> {
    imports.iter().find_map(|(import, model)| {
        let name = match &**import {
            "" => name,
            import => name.strip_prefix(import)?.strip_prefix('.')?,
        };
        let at = model.types.by_name.get(name)?;
        Some(Type::Item(Arc::clone(&model.types), *at))
    })
}
