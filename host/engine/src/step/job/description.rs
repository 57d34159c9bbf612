//! What a worker is told of its job.

use bpmn::model::{Element, ElementKind, ListenerEvent, Text};
use types::{JobKey, SharedStr, Variables};

use crate::state::{InstanceState, Job, JobKind};
use crate::step::Definition;
use crate::step::task_listener::listener_headers;
use crate::step::user_task_properties::USER_TASK_JOB_TYPE;

/// What a worker may know of a job, besides the attempt.
#[derive(Clone, Debug)]
pub struct JobDescription {
    /// The job.
    pub job: Job,
    /// The element's id in the model.
    pub element: SharedStr,
    /// Headers: the model's, then those of a job-based user task.
    pub headers: Vec<(SharedStr, SharedStr)>,
    /// The variables that it sees.
    pub variables: Variables,
    /// Whether its type is a text of the model, and no value of an expression.
    pub has_static_type: bool,
}

/// Describes a job that is not done; `None` when it is.
pub fn describe_job(definition: &Definition, state: &InstanceState, key: JobKey) -> Option<JobDescription> {
    let job = state.job(key)?.clone();
    let instance = state.element(job.element_instance)?;
    let element = definition.process.element(instance.index());
    let mut headers = model_headers(element, instance.listeners_done, job.kind);
    headers.extend(job.headers.iter().map(|header| (header.name.clone(), header.value.clone())));
    let mut variables = state.visible_variables(job.element_instance);
    if job.kind == JobKind::TaskListener
        && let Some(task) = state.user_tasks_of(job.element_instance).next()
    {
        headers.extend(listener_headers(task));
        // A listener that is asked about the completion sees the results.
        let results = task.pending.as_ref().and_then(|change| change.variables.clone());
        for (name, value) in results.into_iter().flatten() {
            variables.insert(name, value);
        }
    }
    let has_static_type = has_static_type(element, &job);
    Some(JobDescription { element: instance.element.clone(), headers, variables, has_static_type, job })
}

/// Whether the model has the type of a job of `element` as a text, for whichever of its jobs.
fn has_static_type(element: &Element, job: &Job) -> bool {
    let is_it = |text: &Text| matches!(text, Text::Static(text) if **text == *job.job_type);
    let is_of_task = || match &element.kind {
        ElementKind::UserTask(task) => {
            *job.job_type == *USER_TASK_JOB_TYPE
                || task.listeners.iter().any(|listener| is_it(&listener.job_type))
        }
        _ => element.job_task().is_some_and(|task| is_it(&task.job_type)),
    };
    is_of_task() || element.listeners.iter().any(|listener| is_it(&listener.job_type))
}

/// The headers that the model gives a job: those of its element, and those of its listener, which go before.
fn model_headers(element: &Element, listeners_done: u16, kind: JobKind) -> Vec<(SharedStr, SharedStr)> {
    let of_element = match &element.kind {
        ElementKind::UserTask(task) => &task.headers[..],
        _ => element.job_task().map_or(&[][..], |task| &task.headers[..]),
    };
    let listener = match kind {
        JobKind::StartListener => element.listener(ListenerEvent::Start, listeners_done),
        JobKind::EndListener => element.listener(ListenerEvent::End, listeners_done),
        JobKind::BeforeAllListener => element.listener(ListenerEvent::BeforeAll, listeners_done),
        JobKind::CancelListener => element.listener(ListenerEvent::Cancel, listeners_done),
        JobKind::Element | JobKind::TaskListener | JobKind::AdHocSubProcess => None,
    };
    let of_listener = listener.map_or(&[][..], |listener| &listener.headers[..]);
    of_element
        .iter()
        .filter(|(name, _)| !of_listener.iter().any(|(other, _)| other == name))
        .chain(of_listener)
        .map(|(name, value)| (SharedStr::from(name), SharedStr::from(value)))
        .collect()
}
