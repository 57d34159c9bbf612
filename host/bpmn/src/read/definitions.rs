//! `bpmn:definitions`: the outermost element, with the processes and what they share.

use std::collections::HashMap;

use super::process;
use crate::findings::Reported;
use crate::model::Process;
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, camunda_7, describe, is_true};
use crate::{check, rule};

/// What the processes of a file share: messages, signals, errors, escalations and event definitions.
pub(crate) struct Definitions<'a> {
    by_id: HashMap<&'a str, (&'a str, Node<'a>)>,
}

impl<'a> Definitions<'a> {
    fn read(root: Node<'a>) -> Self {
        let mut by_id = HashMap::new();
        for (name, node) in root.bpmn_children() {
            if let Some(id) = node.value("id") {
                by_id.entry(id).or_insert((name, node));
            }
        }
        Self { by_id }
    }

    /// What `reference`, an id that may have a namespace prefix, refers to, with its local name.
    pub(crate) fn get(&self, reference: &str) -> Option<(&'a str, Node<'a>)> {
        let without_prefix = || reference.rsplit_once(':').and_then(|(_, id)| self.by_id.get(id));
        self.by_id.get(reference).or_else(without_prefix).copied()
    }
}

/// The executable processes of a file.
pub(crate) fn definitions(reading: &mut Reading<'_>, root: Node<'_>) -> Result<Vec<Process>, Reported> {
    if root.bpmn_name() != Some("definitions") {
        let message =
            format!("`{}` is no BPMN model: {}", root.tag_name().name(), rule::NOT_BPMN.explanation);
        return Err(reading.findings.error(rule::NOT_BPMN, root.place(), message));
    }
    if camunda_7(root) {
        let message =
            "this model was drawn for Camunda 7: choose Camunda 8 as execution platform in the modeler";
        reading.findings.warning(rule::CAMUNDA_7_MODEL, root.place(), message);
    }
    check::identity(reading, root);
    let shared = Definitions::read(root);
    let (executable, others): (Vec<_>, Vec<_>) = root
        .bpmn_children()
        .filter_map(|(name, node)| (name == "process").then_some(node))
        .partition(|node| is_true(*node, "isExecutable"));
    for node in others {
        let message = format!("{} is skipped: it is not marked as executable", describe(node));
        reading.findings.warning(rule::PROCESS_NOT_EXECUTABLE, node.place(), message);
    }
    if executable.is_empty() {
        let message = "the model has no executable process: set `isExecutable=\"true\"` on one";
        return Err(reading.findings.error(rule::NO_EXECUTABLE_PROCESS, root.place(), message));
    }
    let processes: Vec<_> =
        executable.into_iter().map(|node| process::process(reading, &shared, node)).collect();
    processes.into_iter().collect()
}
