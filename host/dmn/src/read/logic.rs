//! Boxed expressions.

use std::collections::BTreeSet;
use std::sync::Arc;

use feel::Expression;
use fermata_xml::{Node, Reported, Rule};

use super::node::NodeExt;
use super::reading::{Read, Reading, Trouble};
use crate::model::{Argument, Boxed, ContextEntry, Invocation, Logic};
use crate::rule;
use crate::types::Type;

/// Entries of a boxed context: each is a variable of those after it, which are looked through one by one.
const CONTEXT_ENTRIES_MAX: usize = 1_000;

impl Reading<'_> {
    /// The one boxed expression among the children of `node`. `what` says whose it is: "a decision".
    pub(super) fn logic_of(&mut self, node: Node<'_>, what: &str) -> Result<Boxed, Reported> {
        match self.expression_child(node, what) {
            Ok(Some(child)) => self.boxed(child),
            Ok(None) => Ok(Boxed { logic: Logic::Missing, of: Type::Any }),
            Err(Trouble::Reported(reported)) => Err(reported),
            Err(Trouble::Unreadable(message)) => {
                Ok(Boxed { logic: Logic::Unreadable(message.into()), of: Type::Any })
            }
        }
    }

    fn expression_child<'a>(&mut self, node: Node<'a>, what: &str) -> Read<Option<Node<'a>>> {
        let mut children = node.dmn_children().filter(|(name, _)| is_expression(name));
        let Some((_, first)) = children.next() else {
            let message = format!("{what} of {} has no expression", node.describe());
            self.findings.refuse(rule::MISSING_LOGIC, node.place(), message)?;
            return Ok(None);
        };
        if let Some((_, second)) = children.next() {
            let message = format!("{what} of {} has more than one expression", node.describe());
            return self.refuse(rule::DUPLICATE_LOGIC, second.place(), message);
        }
        Ok(Some(first))
    }

    /// A boxed expression. What an earlier release accepted and this one refuses fails when it is evaluated.
    fn boxed(&mut self, node: Node<'_>) -> Result<Boxed, Reported> {
        let of = self.type_of(node);
        // What stands at a function is meant for its results, and they have a type of their own.
        let of = if node.dmn_name() == Some("functionDefinition") { Type::Any } else { of };
        match self.logic(node) {
            Ok(logic) => Ok(Boxed { logic, of }),
            Err(Trouble::Reported(reported)) => Err(reported),
            Err(Trouble::Unreadable(message)) => Ok(Boxed { logic: Logic::Unreadable(message.into()), of }),
        }
    }

    fn logic(&mut self, node: Node<'_>) -> Read<Logic> {
        match node.dmn_name().unwrap_or_default() {
            "literalExpression" => {
                if let Some(imported) = node.dmn_child("importedValues") {
                    let message = format!("{} imports values: write them down instead", node.describe());
                    return self.refuse(rule::UNSUPPORTED_ELEMENT, imported.place(), message);
                }
                self.expression(node, "the text").map(Logic::Literal)
            }
            "decisionTable" => self.table(node).map(|table| Logic::Table(Box::new(table))),
            "context" => self.context(node).map(Logic::Context),
            "invocation" => self.invocation(node).map(|invocation| Logic::Invocation(Box::new(invocation))),
            "relation" => self.relation(node),
            "list" => {
                let items = node.dmn_children().filter(|(name, _)| is_expression(name));
                Ok(Logic::List(self.all(items, |reading, (_, item)| Ok(reading.boxed(item)?))?))
            }
            "functionDefinition" => {
                self.function_definition(node).map(|function| Logic::Function(Box::new(function)))
            }
            "conditional" => self.conditional(node),
            "filter" => self.filter(node),
            _ => self.looped(node),
        }
    }

    /// Reads every one of `nodes`, so that all that is wrong is found.
    pub(super) fn all<N, T>(
        &mut self,
        nodes: impl Iterator<Item = N>,
        read: impl Fn(&mut Self, N) -> Read<T>,
    ) -> Read<Vec<T>> {
        let read: Vec<Read<T>> = nodes.map(|node| read(self, node)).collect();
        read.into_iter().collect()
    }

    /// The name of `node`, which must be its own among `names`.
    pub(super) fn own_name(
        &mut self,
        node: Node<'_>,
        what: &str,
        names: &mut BTreeSet<String>,
    ) -> Read<String> {
        let Some(name) = node.name() else {
            let message = format!("{what} of {} has no name", node.describe());
            return self.refuse(rule::MISSING_NAME, node.place(), message);
        };
        if !names.insert(name.clone()) {
            let shown = fermata_xml::shortened(&name);
            let message = format!("{what} “{shown}” occurs twice in {}", node.describe());
            return self.refuse(rule::DUPLICATE_NAME, node.attribute_place("name"), message);
        }
        Ok(name)
    }

    fn context(&mut self, node: Node<'_>) -> Read<Vec<ContextEntry>> {
        let nodes: Vec<Node<'_>> = node.dmn_children_named("contextEntry").collect();
        if nodes.len() > CONTEXT_ENTRIES_MAX {
            let message = format!(
                "a context of {} has {} entries, the limit is {CONTEXT_ENTRIES_MAX}",
                node.describe(),
                nodes.len()
            );
            return self.refuse(rule::CONTEXT_SIZE, node.place(), message);
        }
        let last = nodes.len().saturating_sub(1);
        let mut names = BTreeSet::new();
        let mut entries = Vec::with_capacity(nodes.len());
        for (at, node) in nodes.into_iter().enumerate() {
            let value = self.logic_of(node, "an entry");
            let variable = match node.dmn_child("variable") {
                Some(variable) => {
                    let name = self.own_name(variable, "an entry", &mut names);
                    Some((name, self.type_of(variable)))
                }
                None if at == last => None,
                None => {
                    let message = format!("an entry of {} has no name, and is not the last", node.describe());
                    return self.refuse(rule::MISSING_NAME, node.place(), message);
                }
            };
            let value = value?;
            let variable = match variable {
                // As at the function itself, a type means its results.
                Some((name, _)) if matches!(value.logic, Logic::Function(_)) => {
                    Some((Arc::from(name?), Type::Any))
                }
                Some((name, of)) => Some((Arc::from(name?), of)),
                None => None,
            };
            entries.push(ContextEntry { variable, value });
        }
        Ok(entries)
    }

    fn relation(&mut self, node: Node<'_>) -> Read<Logic> {
        let mut names = BTreeSet::new();
        let mut columns = Vec::new();
        for column in node.dmn_children_named("column") {
            columns.push(Arc::from(self.own_name(column, "a column", &mut names)?));
        }
        let width = columns.len();
        let rows = self.all(node.dmn_children_named("row"), |reading, row| {
            let cells = row.dmn_children().filter(|(name, _)| is_expression(name));
            let cells = reading.all(cells, |reading, (_, cell)| Ok(reading.boxed(cell)?))?;
            if cells.len() != width {
                let message = format!(
                    "a row of {} has {} expressions, and the relation has {width} columns",
                    row.describe(),
                    cells.len()
                );
                return reading.refuse(rule::TABLE_SHAPE, row.place(), message);
            }
            Ok(cells)
        })?;
        Ok(Logic::Relation { columns: columns.into(), rows })
    }

    fn invocation(&mut self, node: Node<'_>) -> Read<Invocation> {
        let callee = self.logic_of(node, "an invocation")?;
        let mut names = BTreeSet::new();
        let mut arguments = Vec::new();
        for (at, binding) in node.dmn_children_named("binding").enumerate() {
            let Some(parameter) = binding.dmn_child("parameter") else {
                let message = format!("an invocation of {} has a binding without parameter", node.describe());
                return self.refuse(rule::INVOCATION, binding.place(), message);
            };
            let name = self.own_name(parameter, "a parameter", &mut names)?;
            let value = self.logic_of(binding, "a binding")?;
            arguments.push(Argument { name: name.into(), place: format!("argument_{at}").into(), value });
        }
        let places: Vec<&str> = arguments.iter().map(|argument| &*argument.place).collect();
        let call = Expression::parse(&format!("{}({})", Invocation::CALLEE, places.join(", ")));
        let call = self.built(node, rule::INVOCATION, call)?;
        Ok(Invocation { callee, arguments, call })
    }

    /// An expression that was put together here, and can only be too long.
    fn built(
        &mut self,
        node: Node<'_>,
        rule: Rule,
        built: Result<Expression, feel::ParseError>,
    ) -> Read<Expression> {
        match built {
            Ok(expression) => Ok(expression),
            Err(error) => {
                let message = format!("{} is too large: {}", node.describe(), error.message);
                self.refuse(rule, node.place(), message)
            }
        }
    }
}

/// Whether an element is a boxed expression.
fn is_expression(name: &str) -> bool {
    matches!(
        name,
        "literalExpression"
            | "decisionTable"
            | "context"
            | "invocation"
            | "relation"
            | "list"
            | "functionDefinition"
            | "conditional"
            | "for"
            | "some"
            | "every"
            | "filter"
    )
}
