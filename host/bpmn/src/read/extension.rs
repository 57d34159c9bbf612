//! `bpmn:extensionElements`: what Zeebe's extensions say about an element.

use std::collections::HashSet;

use crate::outline::{Definitions, is_message, unsupported_part};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{ElementType, Node, NodeExt, describe};

/// Properties describe and have no effect, but for one.
const PROPERTIES: &str = "properties";

/// Files that a worker asks for.
const LINKED_RESOURCES: &str = "linkedResources";

/// The property that makes an event that of an inbound connector.
const INBOUND_TYPE: &str = "inbound.type";

/// The extensions of one element that have an effect on it.
pub(crate) struct Extensions<'a> {
    elements: Vec<(&'a str, Node<'a>)>,
    ignored: Vec<(&'a str, Node<'a>)>,
}

impl<'a> Extensions<'a> {
    /// Reads the extensions of `owner`. Those that would change what happens and are not supported are refused.
    pub(crate) fn read(
        reading: &mut Reading<'_>,
        definitions: &Definitions<'a>,
        owner: Node<'a>,
        element_type: ElementType,
    ) -> Self {
        let throws_message = is_message(owner, definitions);
        let mut elements: Vec<(&'a str, Node<'a>)> = Vec::new();
        let mut ignored = Vec::new();
        let mut seen = HashSet::new();
        let blocks = owner.bpmn_children().filter(|(name, _)| *name == "extensionElements");
        for (name, node) in blocks.flat_map(|(_, block)| block.zeebe_children()) {
            if is_known(name, element_type, throws_message) {
                if seen.insert(name) || name == "userTaskForm" {
                    elements.push((name, node));
                } else {
                    let message = format!("{} has `zeebe:{name}` twice: remove one", describe(owner));
                    let _ = reading.findings.refuse(rule::DUPLICATE_EXTENSION, node.place(), message);
                }
            } else if name == PROPERTIES {
                refuse_inbound_connector(reading, owner, node, element_type);
            } else if name == LINKED_RESOURCES {
                warn_of_linked_resource(reading, owner, node);
            } else {
                ignored.push((name, node));
            }
        }
        Self { elements, ignored }
    }

    /// Warns of extensions that have no effect on such an element.
    pub(crate) fn warn_of_ignored(&self, reading: &mut Reading<'_>) {
        for (name, node) in &self.ignored {
            let message = format!("`zeebe:{name}` has no effect on {}", describe(*node));
            reading.findings.warning(rule::IGNORED_EXTENSION, node.place(), message);
        }
    }

    /// The extension with this name.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'a>> {
        self.all(name).next()
    }

    /// All extensions with this name.
    pub(crate) fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Node<'a>> + use<'_, 'a, 'n> {
        self.elements.iter().filter(move |(other, _)| *other == name).map(|(_, node)| *node)
    }
}

/// What says which job a worker does.
const JOB: [&str; 3] = ["taskDefinition", "taskHeaders", "jobPriorityDefinition"];

/// Whether an extension has an effect on such an element.
fn is_known(name: &str, element_type: ElementType, throws_message: bool) -> bool {
    // Every element that can be executed has these.
    if name == "executionListeners" {
        return true;
    }
    match element_type {
        ElementType::Process => ["versionTag", "userTaskForm", "jobPriorityDefinition"].contains(&name),
        ElementType::ExclusiveGateway
        | ElementType::ParallelGateway
        | ElementType::InclusiveGateway
        | ElementType::ComplexGateway
        | ElementType::EventBasedGateway => false,
        _ if name == "ioMapping" => true,
        ElementType::StartEvent => name == "formDefinition",
        ElementType::EndEvent | ElementType::IntermediateThrowEvent => throws_message && JOB.contains(&name),
        ElementType::ServiceTask | ElementType::SendTask => is_of_job_task(name),
        ElementType::ScriptTask => name == "script" || is_of_job_task(name),
        ElementType::BusinessRuleTask => name == "calledDecision" || is_of_job_task(name),
        ElementType::CallActivity => name == "calledElement",
        ElementType::AdHocSubProcess => name == "adHoc" || JOB.contains(&name),
        ElementType::UserTask => [
            // Known, and without effect: who works on a user task is not said by a job type.
            "taskDefinition",
            "taskHeaders",
            "jobPriorityDefinition",
            "userTask",
            "formDefinition",
            "assignmentDefinition",
            "taskSchedule",
            "priorityDefinition",
            "taskListeners",
        ]
        .contains(&name),
        ElementType::IntermediateCatchEvent
        | ElementType::BoundaryEvent
        | ElementType::ReceiveTask
        | ElementType::ManualTask
        | ElementType::UndefinedTask
        | ElementType::SubProcess
        | ElementType::EventSubProcess
        | ElementType::Transaction => false,
    }
}

/// Whether an extension has an effect on a task that a worker does.
fn is_of_job_task(name: &str) -> bool {
    name == LINKED_RESOURCES || JOB.contains(&name)
}

/// Warns of a file at an element whose worker, if it has one, is not told of it. Camunda deploys that, and tells nobody either.
fn warn_of_linked_resource(reading: &mut Reading<'_>, owner: Node<'_>, resources: Node<'_>) {
    let Some((_, resource)) = resources.zeebe_children().next() else { return };
    let message = format!(
        "the linked resource of {} has no effect, only workers of tasks are told of files: \
         pass what is needed as variable or task header",
        describe(owner)
    );
    reading.findings.warning(rule::LINKED_RESOURCE, resource.place(), message);
}

/// Refuses what makes an event wait for somebody else's message: nothing here would ever deliver one.
fn refuse_inbound_connector(
    reading: &mut Reading<'_>,
    owner: Node<'_>,
    properties: Node<'_>,
    element_type: ElementType,
) {
    let inbound = properties
        .zeebe_children()
        .find(|(name, node)| *name == "property" && node.value("name") == Some(INBOUND_TYPE));
    let Some((_, property)) = inbound else { return };
    let connector = property.value("value").unwrap_or_default();
    let what = format!("the inbound connector `{connector}` of {}", describe(owner));
    let instead = match element_type {
        ElementType::StartEvent => "start the process through the API",
        _ => "use a task whose worker waits",
    };
    unsupported_part(reading, property, &what, instead);
}
