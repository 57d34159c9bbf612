//! Decisions, input data, knowledge models and decision services.

use std::collections::BTreeMap;
use std::sync::Arc;

use fermata_xml::{Node, Reported};

use super::graph::{Kind, Outline, own_namespace, references, target};
use super::node::NodeExt;
use super::reading::{Reading, Trouble};
use crate::model::{
    Boxed, Decision, Element, Elements, FunctionDefinition, Input, Knowledge, Logic, Requirement, Service,
    Variable,
};
use crate::rule;
use crate::types::{Shape, Type};

/// What can be referred to in this model.
pub(super) struct Targets<'e, 'a> {
    pub(super) outlines: &'e BTreeMap<String, Outline<'a>>,
    /// Those that have been read.
    pub(super) read: Elements,
}

impl Reading<'_> {
    /// Reads an element whose references have been read.
    pub(super) fn element(
        &mut self,
        outline: &Outline<'_>,
        id: &str,
        targets: &Targets<'_, '_>,
    ) -> Result<Element, Reported> {
        let node = outline.node;
        let Some(name) = node.name() else {
            return Err(self.findings.error(
                rule::MISSING_NAME,
                node.place(),
                format!("{} has no name", node.describe()),
            ));
        };
        match outline.kind {
            Kind::Input => Ok(Element::Input(Arc::new(Input { variable: self.variable(node, &name) }))),
            Kind::Decision => self.decision(node, id, &name, targets),
            Kind::Knowledge => self.knowledge(node, &name, targets),
            Kind::Service => self.service(node, id, &name, targets),
        }
    }

    fn decision(
        &mut self,
        node: Node<'_>,
        id: &str,
        name: &str,
        targets: &Targets<'_, '_>,
    ) -> Result<Element, Reported> {
        let requires = self.requirements(node, Kind::Decision, targets);
        let result = self.variable(node, name);
        let logic = self.logic_of(node, "the logic")?;
        Ok(Element::Decision(Arc::new(Decision {
            id: id.into(),
            name: name.into(),
            version_tag: node.version_tag().map(Into::into),
            result,
            logic,
            requires: requires?.into_iter().map(|(_, requirement)| requirement).collect(),
        })))
    }

    fn knowledge(
        &mut self,
        node: Node<'_>,
        name: &str,
        targets: &Targets<'_, '_>,
    ) -> Result<Element, Reported> {
        let requires = self.requirements(node, Kind::Knowledge, targets);
        let variable = self.variable(node, name);
        let function = match node.dmn_child("encapsulatedLogic") {
            Some(logic) => self.function_definition(logic),
            None => {
                let message = format!("{} has no logic", node.describe());
                let body = Boxed { logic: Logic::Missing, of: Type::Any };
                let refused = self.findings.refuse(rule::MISSING_LOGIC, node.place(), message);
                refused.map_err(Trouble::from).map(|()| FunctionDefinition {
                    parameters: Box::default(),
                    types: Vec::new(),
                    body,
                })
            }
        };
        let function = match function {
            Ok(function) => function,
            Err(Trouble::Reported(reported)) => return Err(reported),
            Err(Trouble::Unreadable(message)) => {
                let body = Boxed { logic: Logic::Unreadable(message.into()), of: Type::Any };
                FunctionDefinition { parameters: parameter_names(node), types: Vec::new(), body }
            }
        };
        let requires = requires?.into_iter().map(|(_, requirement)| requirement).collect();
        let result = result_type(variable.of);
        Ok(Element::Knowledge(Arc::new(Knowledge { name: variable.name, function, result, requires })))
    }

    fn service(
        &mut self,
        node: Node<'_>,
        id: &str,
        name: &str,
        targets: &Targets<'_, '_>,
    ) -> Result<Element, Reported> {
        let (mut inputs, mut parameters, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
        for (reference, requirement) in self.requirements(node, Kind::Service, targets)? {
            match requirement.element {
                Element::Decision(decision) if reference == "outputDecision" => outputs.push(decision),
                Element::Decision(decision) => {
                    parameters.push(decision.result.name.clone());
                    inputs.push(Element::Decision(decision));
                }
                Element::Input(input) => {
                    parameters.push(input.variable.name.clone());
                    inputs.push(Element::Input(input));
                }
                _ => {}
            }
        }
        if node.dmn_child("outputDecision").is_none() {
            let message = format!("{} has no output decision", node.describe());
            return Err(self.findings.error(rule::MISSING_LOGIC, node.place(), message));
        }
        let variable = self.variable(node, name);
        Ok(Element::Service(Arc::new(Service {
            id: id.into(),
            name: variable.name,
            parameters: parameters.into(),
            inputs,
            outputs,
            result: result_type(variable.of),
        })))
    }

    /// The variable of an element that is called `name`.
    fn variable(&mut self, node: Node<'_>, name: &str) -> Variable {
        let variable = node.dmn_child("variable");
        let of = variable.map_or(Type::Any, |variable| self.type_of(variable));
        let name = variable.and_then(NodeExt::name).unwrap_or_else(|| name.to_owned());
        let alias = node.value("id").filter(|id| *id != name).map(Into::into);
        Variable { name: name.into(), alias, of }
    }

    fn requirements<'a>(
        &mut self,
        node: Node<'a>,
        kind: Kind,
        targets: &Targets<'_, '_>,
    ) -> Result<Vec<(&'a str, Requirement)>, Reported> {
        let mut requirements = Vec::new();
        let mut result = Ok(());
        for reference in references(node, kind) {
            let name = reference.dmn_name().unwrap_or_default();
            match self.requirement(reference, name, targets) {
                Ok(Some(requirement)) => requirements.push((name, requirement)),
                Ok(None) => {}
                Err(reported) => result = Err(reported),
            }
        }
        result.map(|()| requirements)
    }

    /// What a reference refers to; `None` where that has been reported.
    fn requirement(
        &mut self,
        reference: Node<'_>,
        name: &str,
        targets: &Targets<'_, '_>,
    ) -> Result<Option<Requirement>, Reported> {
        let own = own_namespace(reference.document().root_element());
        let Some((namespace, id)) = target(reference, own) else {
            let message = format!("a requirement of {} refers to nothing", reference.describe());
            return Err(self.findings.error(rule::REFERENCE, reference.place(), message));
        };
        let (import, element) = if namespace.is_empty() {
            (None, targets.read.get(id))
        } else {
            let import = self.imports.iter().find(|(_, model)| model.namespace == namespace);
            let (import, model) = import.map(|(name, model)| (Arc::clone(name), model)).unzip();
            (import.filter(|import| !import.is_empty()), model.and_then(|model| model.elements.get(id)))
        };
        let outline = targets.outlines.get(id).filter(|_| namespace.is_empty());
        let kind = element.map(Element::kind).or(outline.map(|outline| outline.kind));
        match element {
            Some(element) if fits(name, kind) => Ok(Some(Requirement { import, element: element.clone() })),
            // It is there, and why it could not be read has been reported.
            None if fits(name, kind) => Ok(None),
            _ => {
                let href = fermata_xml::shortened(reference.value("href").unwrap_or_default());
                let message =
                    format!("{} refers to `{href}`, which is no {}", reference.describe(), wanted(name));
                Err(self.findings.error(rule::REFERENCE, reference.attribute_place("href"), message))
            }
        }
    }
}

/// Whether a reference may refer to an element of a kind.
fn fits(reference: &str, kind: Option<Kind>) -> bool {
    match reference {
        "requiredDecision" | "inputDecision" | "outputDecision" => kind == Some(Kind::Decision),
        "requiredInput" | "inputData" => kind == Some(Kind::Input),
        _ => matches!(kind, Some(Kind::Knowledge | Kind::Service)),
    }
}

impl Element {
    fn kind(&self) -> Kind {
        match self {
            Element::Decision(_) => Kind::Decision,
            Element::Input(_) => Kind::Input,
            Element::Knowledge(_) => Kind::Knowledge,
            Element::Service(_) => Kind::Service,
        }
    }
}

fn wanted(reference: &str) -> &'static str {
    match reference {
        "requiredDecision" | "inputDecision" | "outputDecision" => "decision",
        "requiredInput" | "inputData" => "input data",
        _ => "business knowledge model or decision service",
    }
}

/// What a function with a variable of this type gives: the variable has either the function's type or its result's.
fn result_type(of: Type) -> Type {
    match &of {
        Type::Item(types, at) => match types.items.get(*at).map(|item| &item.shape) {
            Some(Shape::Function { .. }) => Type::Any,
            _ => of,
        },
        Type::Function => Type::Any,
        _ => of,
    }
}

/// The parameters of a knowledge model whose logic was not read.
fn parameter_names(node: Node<'_>) -> Box<[Box<str>]> {
    let logic = node.dmn_child("encapsulatedLogic");
    let parameters = logic.into_iter().flat_map(|logic| logic.dmn_children_named("formalParameter"));
    parameters.filter_map(NodeExt::name).map(Into::into).collect()
}
