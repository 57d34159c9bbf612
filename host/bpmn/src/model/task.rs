//! Tasks of workers and scripts, and those that wait for a message.

use std::sync::Arc;

use feel::Expression;

use super::{Binding, Message, Text};

/// Work for a job worker.
#[derive(Debug)]
pub struct JobTask {
    /// Which BPMN task it is.
    pub element: JobTaskElement,
    /// The job type.
    pub job_type: Text,
    /// The number of attempts; Camunda's default is 3.
    pub retries: Text,
    /// `zeebe:jobPriorityDefinition`: a job with a higher one is taken first. Camunda's default is 0.
    pub priority: Option<Text>,
    /// The header `retryBackoff`: how long to wait after a failure that does not say it itself: see [`crate::Backoff`].
    pub retry_backoff: Option<Text>,
    /// `zeebe:taskHeaders`, in the model's order.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
    /// `zeebe:linkedResources`: deployed files whose versions the worker is told, in the model's order.
    pub linked_resources: Vec<LinkedResource>,
    /// What is done with the response of a connector.
    pub response: ResponseMapping,
}

/// Which BPMN element a [`JobTask`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobTaskElement {
    /// `bpmn:serviceTask`.
    Service,
    /// `bpmn:sendTask`, or a message throw or end event.
    Send,
    /// `bpmn:scriptTask` with a task definition.
    Script,
    /// `bpmn:businessRuleTask` with a task definition.
    BusinessRule,
    /// `bpmn:adHocSubProcess` with a task definition.
    AdHocSubProcess,
}

/// A deployed file that a worker asks for.
#[derive(Debug)]
pub struct LinkedResource {
    /// The file's id: its name.
    pub id: Text,
    /// Which version.
    pub binding: Binding,
    /// `resourceType`: what the file is to the worker.
    pub resource_type: Option<Arc<str>>,
    /// `linkName`: what it is to the task.
    pub link_name: Option<Arc<str>>,
}

/// The headers with which a model says where a connector's response goes.
#[derive(Debug, Default)]
pub struct ResponseMapping {
    /// `resultVariable`: takes the whole response.
    pub result_variable: Option<Arc<str>>,
    /// `resultExpression`: a FEEL context over the response whose entries become variables.
    pub result_expression: Option<Expression>,
    /// `errorExpression`: may turn a response or failure into a BPMN error, a job failure or success.
    pub error_expression: Option<Expression>,
}

/// A receive task.
#[derive(Debug)]
pub struct ReceiveTask {
    /// The message that it waits for.
    pub message: Message,
    /// `instantiate`: the message starts an instance here.
    pub instantiate: bool,
}

/// A script task with a FEEL expression.
#[derive(Debug)]
pub struct ScriptTask {
    /// `zeebe:script expression`.
    pub expression: Expression,
    /// `zeebe:script resultVariable`.
    pub result_variable: Arc<str>,
}
