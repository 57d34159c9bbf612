//! Sub-processes.

use std::sync::Arc;

use feel::Expression;

use super::{ElementIndex, JobTask};

/// Which sub-process the model shows.
#[derive(Debug)]
pub enum SubProcess {
    /// An embedded sub-process.
    Embedded,
    /// An event sub-process: entered when its start event happens.
    Event,
    /// A transaction: a cancel end event undoes what was done in it.
    Transaction,
    /// An ad-hoc sub-process.
    AdHoc(AdHoc),
}

/// An ad-hoc sub-process: activities in any order.
#[derive(Debug)]
pub struct AdHoc {
    /// The activities that can be activated: those without incoming flow, in document order.
    pub activities: Vec<ElementIndex>,
    /// `zeebe:adHoc activeElementsCollection`: ids of the activities that are activated on entering.
    pub active_elements: Option<Expression>,
    /// `completionCondition`. Without one it ends when nothing in it is active.
    pub completion_condition: Option<Expression>,
    /// `cancelRemainingInstances`: whether what is still active ends when the condition holds. BPMN's default is true.
    pub cancels_remaining: bool,
    /// `outputCollection`: the variable that takes the results of activities.
    pub output_collection: Option<Arc<str>>,
    /// `outputElement`: what one activity contributes.
    pub output_element: Option<Expression>,
    /// With a `zeebe:taskDefinition`: a job worker says which activities are activated, and when it is done.
    pub job: Option<Box<JobTask>>,
}
