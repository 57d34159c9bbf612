//! Function definitions.

use std::collections::BTreeSet;

use fermata_xml::Node;

use super::node::NodeExt;
use super::reading::{Read, Reading};
use crate::model::FunctionDefinition;
use crate::rule;

impl Reading<'_> {
    pub(super) fn function_definition(&mut self, node: Node<'_>) -> Read<FunctionDefinition> {
        if let Some(kind) = node.value("kind").filter(|kind| *kind != "FEEL") {
            let kind = fermata_xml::shortened(kind);
            let message = format!(
                "{} has a function in {kind}: write it in FEEL, or do the work in a job before the decision",
                node.describe()
            );
            return self.refuse(rule::FUNCTION_KIND, node.attribute_place("kind"), message);
        }
        let mut names = BTreeSet::new();
        let mut types = Vec::new();
        let mut parameters = Vec::new();
        for parameter in node.dmn_children_named("formalParameter") {
            types.push(self.type_of(parameter));
            parameters.push(self.own_name(parameter, "a parameter", &mut names)?.into());
        }
        let body = self.logic_of(node, "a function")?;
        Ok(FunctionDefinition { parameters: parameters.into(), types, body })
    }
}
