//! What a human is shown.

use super::{Binding, Text};

/// Where the form of a user task comes from.
#[derive(Debug)]
pub enum Form {
    /// `formKey`: `camunda-forms:bpmn:ID` names an embedded form of [`Process::forms`](super::Process::forms), other keys are custom.
    Key(Text),
    /// `formId`: a form that was deployed by itself.
    Linked {
        /// The form's id.
        id: Text,
        /// Which version.
        binding: Binding,
    },
    /// `externalReference`.
    External(Text),
}
