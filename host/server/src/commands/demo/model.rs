//! The example's model.

use std::collections::BTreeMap;

use anyhow::bail;
use bpmn::model::{ElementKind, Trigger};

/// The process's id.
pub(super) const PROCESS_ID: &str = "customer-onboarding";

/// The file's name.
pub(super) const FILE_NAME: &str = "customer-onboarding.bpmn";

/// The file.
pub(super) const XML: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/customer-onboarding/customer-onboarding.bpmn"
));

/// What the elements are called, and which of them tell something by ending.
pub(super) struct Model {
    elements: BTreeMap<String, Named>,
}

struct Named {
    name: String,
    role: Role,
}

/// What an element is for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Somebody does something.
    Task,
    /// A task takes long.
    Timer,
    /// A path ends.
    End,
    /// Start events, gateways, what catches errors, and the process itself.
    Other,
}

impl Model {
    /// Reads the model.
    pub(super) fn read() -> anyhow::Result<Self> {
        let parsed = bpmn::parse(XML, &bpmn::Options::new(FILE_NAME));
        let Some(process) = parsed.processes.into_iter().find(|process| &*process.id == PROCESS_ID) else {
            bail!("the model has no process {PROCESS_ID}");
        };
        let elements = process.elements().map(|(_, element)| {
            let role = match &element.kind {
                ElementKind::JobTask(_) | ElementKind::UserTask(_) => Role::Task,
                ElementKind::BoundaryEvent(event)
                    if matches!(event.catch.triggers[..], [Trigger::Timer(_)]) =>
                {
                    Role::Timer
                }
                ElementKind::EndEvent(_) => Role::End,
                _ => Role::Other,
            };
            let name = element.name.as_ref().unwrap_or(&element.id).to_string();
            (element.id.to_string(), Named { name, role })
        });
        Ok(Self { elements: elements.collect() })
    }

    /// What an element is called.
    pub(super) fn name<'n>(&'n self, id: &'n str) -> &'n str {
        self.elements.get(id).map_or(id, |element| element.name.as_str())
    }

    /// What an element is for a reader.
    pub(super) fn role(&self, id: &str) -> Role {
        self.elements.get(id).map_or(Role::Other, |element| element.role)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cast::{CUSTOMERS, END_REMINDED};
    use super::*;

    #[test]
    fn the_model_is_valid_without_a_warning() {
        let parsed = bpmn::parse(XML, &bpmn::Options::new(FILE_NAME));
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    }

    #[test]
    fn every_end_of_a_story_is_an_end_of_the_model() -> anyhow::Result<()> {
        let model = Model::read()?;
        for end in CUSTOMERS.iter().map(|customer| customer.end).chain([END_REMINDED]) {
            assert_eq!(model.role(end), Role::End, "{end}");
        }
        assert_eq!(model.name("Task_Score"), "Score customer");
        Ok(())
    }
}
