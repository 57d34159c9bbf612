//! `zeebe:ioMapping`: what goes into an element's variables, and what comes out.

use std::sync::Arc;

use feel::Expression;

use super::extension::Extensions;
use crate::findings::Reported;
use crate::model::{Mapping, Text};
use crate::reading::Reading;
use crate::xml::{ElementType, Node, NodeExt, describe};
use crate::{expression, rule, variable};

/// The mappings of one element, in the model's order.
#[derive(Default)]
pub(crate) struct Mappings {
    pub(crate) inputs: Vec<Mapping>,
    pub(crate) outputs: Vec<Mapping>,
}

/// Reads the mappings of an element.
pub(crate) fn mappings(
    reading: &mut Reading<'_>,
    extensions: &Extensions<'_>,
    element_type: ElementType,
) -> Result<Mappings, Reported> {
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    let children = extensions.get("ioMapping").into_iter().flat_map(|node| node.zeebe_children());
    for (name, node) in children {
        match name {
            "input" if has_inputs(element_type) => inputs.push(input(reading, node)),
            "output" => outputs.push(mapping(reading, node)),
            other => {
                let message = format!("`zeebe:{other}` has no effect on {}", describe(node));
                reading.findings.warning(rule::IGNORED_EXTENSION, node.place(), message);
            }
        }
    }
    let inputs = inputs.into_iter().collect::<Result<_, _>>();
    let outputs = outputs.into_iter().collect::<Result<_, _>>();
    Ok(Mappings { inputs: inputs?, outputs: outputs? })
}

/// Events that only wait have nothing that could read an input.
fn has_inputs(element_type: ElementType) -> bool {
    !matches!(
        element_type,
        ElementType::StartEvent | ElementType::IntermediateCatchEvent | ElementType::BoundaryEvent
    )
}

/// An input without a source makes a local variable that is null.
fn input(reading: &mut Reading<'_>, node: Node<'_>) -> Result<Mapping, Reported> {
    const NULL: &str = "null";
    match (node.text_of("source"), Expression::parse(NULL)) {
        (None, Ok(null)) => Ok(Mapping { source: Text::Expression(null), target: target(reading, node)? }),
        _ => mapping(reading, node),
    }
}

fn mapping(reading: &mut Reading<'_>, node: Node<'_>) -> Result<Mapping, Reported> {
    let source = match node.text_of("source") {
        Some(source) => expression::text(reading, source),
        None => Err(missing(reading, node, "source")),
    };
    let target = target(reading, node);
    Ok(Mapping { source: source?, target: target? })
}

fn target(reading: &mut Reading<'_>, node: Node<'_>) -> Result<Vec<Arc<str>>, Reported> {
    let Some(target) = node.text_of("target") else { return Err(missing(reading, node, "target")) };
    match variable::path(target.as_str()) {
        Ok(path) => Ok(path),
        Err(reason) => {
            let message = format!("a mapping of {} has no valid target: {reason}", describe(node));
            reading.findings.refuse(rule::VARIABLE_NAME, target.place(), message)?;
            Ok(target.as_str().split('.').map(Arc::from).collect())
        }
    }
}

fn missing(reading: &mut Reading<'_>, node: Node<'_>, attribute: &str) -> Reported {
    let message = format!("a mapping of {} has no {attribute}", describe(node));
    reading.findings.error(rule::VARIABLE_MAPPING, node.attribute_place(attribute), message)
}
