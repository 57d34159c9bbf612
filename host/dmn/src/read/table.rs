//! Decision tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use feel::Expression;
use fermata_xml::Node;

use super::node::NodeExt;
use super::reading::{Read, Reading};
use crate::model::{Aggregation, HitPolicy, Table, TableInput, TableOutput, TableRule};
use crate::rule;
use crate::types::{Shape, Type};

impl Reading<'_> {
    pub(super) fn table(&mut self, node: Node<'_>) -> Read<Table> {
        let hit_policy = self.hit_policy(node);
        let inputs = self.all(node.dmn_children_named("input"), Self::input);
        let by_priority = matches!(hit_policy, Ok(HitPolicy::Priority | HitPolicy::OutputOrder));
        let outputs = self.outputs(node, by_priority);
        let width = |name| node.dmn_children_named(name).count();
        let (width_in, width_out) = (width("input"), width("output"));
        let rules = self
            .all(node.dmn_children_named("rule"), |reading, rule| reading.rule(rule, width_in, width_out));
        let (inputs, outputs, hit_policy, rules) = (inputs?, outputs?, hit_policy?, rules?);
        if by_priority {
            self.check_priorities(node, &outputs);
        }
        Ok(Table { inputs, outputs, rules, hit_policy })
    }

    fn hit_policy(&mut self, node: Node<'_>) -> Read<HitPolicy> {
        let policy = match node.value("hitPolicy").unwrap_or("UNIQUE") {
            "UNIQUE" => HitPolicy::Unique,
            "ANY" => HitPolicy::Any,
            "PRIORITY" => HitPolicy::Priority,
            "FIRST" => HitPolicy::First,
            "RULE ORDER" => HitPolicy::RuleOrder,
            "OUTPUT ORDER" => HitPolicy::OutputOrder,
            "COLLECT" => HitPolicy::Collect(None),
            other => {
                let other = fermata_xml::shortened(other);
                let message =
                    format!("{} has the hit policy `{other}`, which does not exist", node.describe());
                return self.refuse(rule::HIT_POLICY, node.attribute_place("hitPolicy"), message);
            }
        };
        let aggregation = match node.value("aggregation") {
            None => return Ok(policy),
            Some("SUM") => Aggregation::Sum,
            Some("COUNT") => Aggregation::Count,
            Some("MIN") => Aggregation::Min,
            Some("MAX") => Aggregation::Max,
            Some(other) => {
                let other = fermata_xml::shortened(other);
                let message =
                    format!("{} has the aggregation `{other}`, which does not exist", node.describe());
                return self.refuse(rule::AGGREGATION, node.attribute_place("aggregation"), message);
            }
        };
        let outputs = node.dmn_children_named("output").count();
        if policy != HitPolicy::Collect(None) || outputs > 1 {
            let message = format!(
                "{} aggregates, although it is no COLLECT table with a single output",
                node.describe()
            );
            return self.refuse(rule::AGGREGATION, node.attribute_place("aggregation"), message);
        }
        Ok(HitPolicy::Collect(Some(aggregation)))
    }

    fn input(&mut self, node: Node<'_>) -> Read<TableInput> {
        let Some(expression_node) = node.dmn_child("inputExpression") else {
            let message = format!("an input of {} has no expression", node.describe());
            return self.refuse(rule::MISSING_LOGIC, node.place(), message);
        };
        let expression = self.expression(expression_node, "an input")?;
        let of = self.type_of(expression_node);
        let allowed = match node.dmn_child("inputValues").filter(|_| self.checks_types) {
            Some(values) => self.tests(values)?,
            None => None,
        };
        let label = node.value("label").unwrap_or(expression.text()).into();
        Ok(TableInput { id: node.value("id").map(Into::into), label, expression, of, allowed })
    }

    fn outputs(&mut self, node: Node<'_>, by_priority: bool) -> Read<Vec<TableOutput>> {
        let nodes: Vec<Node<'_>> = node.dmn_children_named("output").collect();
        if nodes.is_empty() {
            let message = format!("{} has a table without output", node.describe());
            return self.refuse(rule::TABLE_SHAPE, node.place(), message);
        }
        // What the table as a whole or its decision promises says what a single output is, or the parts of several.
        let whole = [Some(node), node.parent().and_then(|owner| owner.dmn_child("variable"))]
            .into_iter()
            .flatten()
            .map(|node| self.type_of(node))
            .find(|of| !matches!(of, Type::Any));
        let several = nodes.len() > 1;
        let mut names = BTreeSet::new();
        let mut outputs = Vec::with_capacity(nodes.len());
        for node in nodes {
            let name: Option<Arc<str>> = match several {
                true => Some(self.own_name(node, "an output", &mut names)?.into()),
                false => node.name().map(Into::into),
            };
            let of = self.type_of(node);
            let promised = match &of {
                Type::Any if several => part_of(whole.as_ref(), name.as_deref()),
                Type::Any => whole.clone(),
                of => Some(of.clone()),
            };
            let priorities = match node.dmn_child("outputValues") {
                // Where they decide nothing they are a help for whoever edits the table.
                _ if !by_priority => None,
                Some(values) => match self.tests(values)? {
                    Some(values) => self.values(&values),
                    None => None,
                },
                None => self.allowed_values(promised.as_ref()),
            };
            let default = match node.dmn_child("defaultOutputEntry") {
                Some(entry) => self.expression_if_any(entry)?,
                None => None,
            };
            let label = node.value("label").or(name.as_deref()).unwrap_or_default().into();
            let id = node.value("id").map(Into::into);
            outputs.push(TableOutput { id, name, label, of, priorities, default });
        }
        Ok(outputs)
    }

    /// The values that an item definition allows, in their order.
    fn allowed_values(&mut self, of: Option<&Type>) -> Option<Expression> {
        let Some(Type::Item(types, at)) = of else { return None };
        let mut item = types.items.get(*at)?;
        // Definitions refer to each other without cycles, or the model is refused.
        for _ in 0..types.items.len() {
            match (&item.allowed, &item.shape) {
                (Some(allowed), _) => return self.values(allowed),
                (None, Shape::Of(Type::Sibling(next))) => item = types.items.get(*next)?,
                _ => return None,
            }
        }
        None
    }

    fn rule(&mut self, node: Node<'_>, inputs: usize, outputs: usize) -> Read<TableRule> {
        let tests = self.all(node.dmn_children_named("inputEntry"), Self::tests);
        let entries = self.all(node.dmn_children_named("outputEntry"), Self::expression_if_any);
        let (tests, entries) = (tests?, entries?);
        if tests.len() != inputs || entries.len() != outputs {
            let message = format!(
                "a rule of {} has entries for {} inputs and {} outputs, and the table has {inputs} and {outputs}",
                node.describe(),
                tests.len(),
                entries.len()
            );
            return self.refuse(rule::TABLE_SHAPE, node.place(), message);
        }
        Ok(TableRule { id: node.value("id").map(Into::into), tests, outputs: entries })
    }

    fn check_priorities(&mut self, node: Node<'_>, outputs: &[TableOutput]) {
        if outputs.iter().all(|output| output.priorities.is_none()) {
            let message = format!(
                "{} lists no output values, so its rules have the priority of their order",
                node.describe()
            );
            self.findings.warning(rule::PRIORITY_VALUES, node.attribute_place("hitPolicy"), message);
        }
    }
}

/// The type of a component.
fn part_of(whole: Option<&Type>, name: Option<&str>) -> Option<Type> {
    let Type::Item(types, at) = whole? else { return None };
    let Shape::Components(components) = &types.items.get(*at)?.shape else { return None };
    let (_, of) = components.iter().find(|(known, _)| Some(&**known) == name)?;
    match of {
        Type::Sibling(part) => Some(Type::Item(Arc::clone(types), *part)),
        of => Some(of.clone()),
    }
}
