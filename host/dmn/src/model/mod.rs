//! A decision model: what requires what, and the logic of each decision.

mod elements;
mod logic;
mod table;

use std::sync::Arc;

use crate::types::{Type, Types};
pub(crate) use elements::{Element, Elements};
pub(crate) use logic::{
    Argument, Boxed, ContextEntry, FunctionDefinition, Invocation, Logic, Loop, LoopKind,
};
pub(crate) use table::{Aggregation, HitPolicy, Table, TableInput, TableOutput, TableRule};

/// A decision requirements graph.
///
/// Elements hold what they require, those of imported models included.
#[derive(Debug)]
pub struct Model {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) types: Arc<Types>,
    /// Names that expressions of importing models may contain.
    pub(crate) names: Vec<Arc<str>>,
    pub(crate) decisions: Vec<Arc<Decision>>,
    pub(crate) services: Vec<Arc<Service>>,
    /// Everything that others can require. Fields are given up in their order, and this one holds what those before it
    /// do, and what is imported after it holds what it requires: see [`Elements`].
    pub(crate) elements: Elements,
    #[expect(dead_code, reason = "it is there to be given up last")]
    pub(crate) imports: Vec<Arc<Model>>,
}

impl Model {
    /// The id of the definitions.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of the definitions.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The namespace by which other models import this one.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The decisions in document order.
    pub fn decisions(&self) -> impl ExactSizeIterator<Item = &Decision> {
        self.decisions.iter().map(|decision| &**decision)
    }

    /// The decision with this id.
    pub fn decision(&self, id: &str) -> Option<&Decision> {
        match self.elements.get(id)? {
            Element::Decision(decision) => Some(decision),
            _ => None,
        }
    }

    /// The decision services in document order.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &Service> {
        self.services.iter().map(|service| &**service)
    }
}

/// A decision.
#[derive(Debug)]
pub struct Decision {
    pub(crate) id: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) version_tag: Option<Box<str>>,
    pub(crate) result: Variable,
    pub(crate) logic: Boxed,
    pub(crate) requires: Vec<Requirement>,
}

impl Decision {
    /// The id in the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version tag that `zeebe:versionTag` gives it.
    pub fn version_tag(&self) -> Option<&str> {
        self.version_tag.as_deref()
    }

    /// What kind of logic it has.
    pub fn kind(&self) -> DecisionKind {
        self.logic.logic.kind()
    }
}

/// What kind of logic a decision has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionKind {
    /// Rules in a table.
    DecisionTable,
    /// An expression.
    LiteralExpression,
    /// Entries with names.
    Context,
    /// The call of a knowledge model or another function.
    Invocation,
    /// A table of values.
    Relation,
    /// Expressions one after the other.
    List,
    /// A function as the result.
    Function,
    /// If, then and else in boxes.
    Conditional,
    /// A loop in boxes: `for`, `some` or `every`.
    Iterator,
    /// A filter in boxes.
    Filter,
    /// Logic that this release cannot read.
    Unknown,
}

/// Something required, and the name by which the logic knows it.
#[derive(Debug)]
pub(crate) struct Requirement {
    /// The name of the import that it comes through.
    pub(crate) import: Option<Arc<str>>,
    pub(crate) element: Element,
}

/// A name with a type.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: Box<str>,
    /// Another name for what has no variable in the model: Camunda's models refer to decisions by their ids.
    pub(crate) alias: Option<Box<str>>,
    pub(crate) of: Type,
}

/// Input data: a variable of whoever asks for a decision.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) variable: Variable,
}

/// A business knowledge model.
#[derive(Debug)]
pub(crate) struct Knowledge {
    pub(crate) name: Box<str>,
    pub(crate) function: FunctionDefinition,
    pub(crate) result: Type,
    pub(crate) requires: Vec<Requirement>,
}

/// A decision service: decisions that can be called like a function.
#[derive(Debug)]
pub struct Service {
    pub(crate) id: Box<str>,
    pub(crate) name: Box<str>,
    /// Names of the parameters: input data first, then input decisions.
    pub(crate) parameters: Box<[Box<str>]>,
    pub(crate) inputs: Vec<Element>,
    pub(crate) outputs: Vec<Arc<Decision>>,
    pub(crate) result: Type,
}

impl Service {
    /// The id in the model.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }
}
