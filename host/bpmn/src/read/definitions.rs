//! The processes of `bpmn:definitions`, the outermost element.

use super::process;
use crate::findings::Reported;
use crate::model::Process;
use crate::outline::Definitions;
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, camunda_7, describe, is_true};
use crate::{check, rule};

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
