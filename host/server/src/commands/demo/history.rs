//! What an instance went through, read from its history as it grows.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use types::Timestamp;

use super::calls::HistoryEntry;
use super::timeline::Step;

/// An event of the history, as far as it tells a reader something.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub(super) enum Event {
    ElementEntered {
        element_instance_key: String,
        element_id: String,
    },
    ElementCompleted {
        element_instance_key: String,
    },
    ElementTerminated {
        element_instance_key: String,
    },
    VariableSet {
        name: String,
        value: Value,
    },
    JobCreated {
        job_key: String,
        element_instance_key: String,
    },
    JobFailed {
        job_key: String,
        message: String,
        retries: u32,
        #[serde(deserialize_with = "api::time::deserialize")]
        retry_at: Timestamp,
    },
    JobErrorThrown {
        job_key: String,
        error_code: String,
        message: String,
    },
    IncidentCreated {
        message: String,
    },
    InstanceCompleted,
    InstanceTerminated,
    #[serde(other)]
    Other,
}

/// Something that a reader wants to see when it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// An element was entered.
    Entered { element: String },
    /// An element was left on its normal way.
    Completed { element: String },
    /// An attempt at a task failed.
    Failed { element: String, message: String, retries: u32, again_at: Timestamp },
    /// A task ended with a business error.
    Thrown { element: String, code: String, message: String },
    /// Somebody has to look after the instance.
    Incident { message: String },
}

/// Where an instance stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Active,
    Completed,
    Terminated,
}

/// What an instance went through so far.
#[derive(Debug, Default)]
pub(super) struct History {
    position: Option<i64>,
    steps: Vec<Step>,
    /// The steps of element instances and jobs, by their keys.
    step_of: BTreeMap<String, usize>,
    variables: BTreeMap<String, Value>,
    state: State,
    has_incident: bool,
}

impl History {
    /// The position of the last entry, after which the next page begins.
    pub(super) fn position(&self) -> Option<i64> {
        self.position
    }

    /// Where the instance stands.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Whether somebody had to look after the instance.
    pub(super) fn has_incident(&self) -> bool {
        self.has_incident
    }

    /// The elements that are active.
    pub(super) fn active(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter(|step| step.left.is_none()).map(|step| step.element.as_str())
    }

    /// The last value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// The runs through elements, in the order of their beginning.
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// Takes the next entry in, and tells what it brings.
    pub(super) fn apply(&mut self, entry: HistoryEntry) -> Vec<Happening> {
        self.position = Some(entry.position);
        entry.events.into_iter().filter_map(|event| self.apply_event(event, entry.at)).collect()
    }

    fn apply_event(&mut self, event: Event, at: Timestamp) -> Option<Happening> {
        match event {
            Event::ElementEntered { element_instance_key, element_id } => {
                self.step_of.insert(element_instance_key, self.steps.len());
                self.steps.push(Step {
                    element: element_id.clone(),
                    entered: at,
                    left: None,
                    failures: Vec::new(),
                    error: None,
                });
                Some(Happening::Entered { element: element_id })
            }
            Event::ElementCompleted { element_instance_key } => {
                let step = self.step(&element_instance_key)?;
                step.left = Some(at);
                Some(Happening::Completed { element: step.element.clone() })
            }
            Event::ElementTerminated { element_instance_key } => {
                self.step(&element_instance_key)?.left = Some(at);
                None
            }
            Event::VariableSet { name, value } => {
                self.variables.insert(name, value);
                None
            }
            Event::JobCreated { job_key, element_instance_key } => {
                let step = *self.step_of.get(&element_instance_key)?;
                self.step_of.insert(job_key, step);
                None
            }
            Event::JobFailed { job_key, message, retries, retry_at } => {
                let step = self.step(&job_key)?;
                step.failures.push(message.clone());
                Some(Happening::Failed {
                    element: step.element.clone(),
                    message,
                    retries,
                    again_at: retry_at.max(at),
                })
            }
            Event::JobErrorThrown { job_key, error_code, message } => {
                let step = self.step(&job_key)?;
                step.error = Some(error_code.clone());
                Some(Happening::Thrown { element: step.element.clone(), code: error_code, message })
            }
            Event::IncidentCreated { message } => {
                self.has_incident = true;
                Some(Happening::Incident { message })
            }
            Event::InstanceCompleted => {
                self.state = State::Completed;
                None
            }
            Event::InstanceTerminated => {
                self.state = State::Terminated;
                None
            }
            Event::Other => None,
        }
    }

    fn step(&mut self, key: &str) -> Option<&mut Step> {
        let step = *self.step_of.get(key)?;
        self.steps.get_mut(step)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(events: Value) -> anyhow::Result<(History, Vec<Happening>)> {
        let mut history = History::default();
        let mut happenings = Vec::new();
        let entry =
            json!({ "position": 7, "at": "2030-01-01T00:00:00.000Z", "actor": "demo", "events": events });
        happenings.extend(history.apply(serde_json::from_value(entry)?));
        Ok((history, happenings))
    }

    #[test]
    fn a_history_becomes_steps_with_their_trouble() -> anyhow::Result<()> {
        let (history, happenings) = applied(json!([
            { "type": "INSTANCE_CREATED", "processInstanceKey": "1" },
            { "type": "ELEMENT_ENTERED", "elementInstanceKey": "2", "elementId": "Task", "state": "ACTIVE" },
            { "type": "JOB_CREATED", "jobKey": "3", "elementInstanceKey": "2", "jobType": "t", "retries": 3 },
            { "type": "JOB_FAILED", "jobKey": "3", "retries": 2, "retryAt": "2030-01-01T00:00:02Z", "message": "busy" },
            { "type": "VARIABLE_SET", "name": "score", "value": 90 },
            { "type": "JOB_ERROR_THROWN", "jobKey": "3", "errorCode": "NO", "message": "no" },
            { "type": "ELEMENT_TERMINATED", "elementInstanceKey": "2" },
            { "type": "ELEMENT_ENTERED", "elementInstanceKey": "4", "elementId": "End", "state": "ACTIVE" },
            { "type": "ELEMENT_COMPLETED", "elementInstanceKey": "4" },
            { "type": "INSTANCE_COMPLETED" },
        ]))?;
        let element = "Task".to_owned();
        assert_eq!(
            happenings,
            [
                Happening::Entered { element: element.clone() },
                Happening::Failed {
                    element: element.clone(),
                    message: "busy".into(),
                    retries: 2,
                    again_at: api::time::parse("2030-01-01T00:00:02Z")?,
                },
                Happening::Thrown { element, code: "NO".into(), message: "no".into() },
                Happening::Entered { element: "End".into() },
                Happening::Completed { element: "End".into() },
            ]
        );
        assert_eq!((history.position(), history.state()), (Some(7), State::Completed));
        assert_eq!(history.variable("score"), Some(&json!(90)));
        let steps = history.into_steps();
        assert_eq!((steps[0].failures.len(), steps[0].error.as_deref()), (1, Some("NO")));
        assert!(steps.iter().all(|step| step.left.is_some()));
        Ok(())
    }

    #[test]
    fn an_attempt_without_back_off_comes_again_at_once() -> anyhow::Result<()> {
        let (_, happenings) = applied(json!([
            { "type": "ELEMENT_ENTERED", "elementInstanceKey": "2", "elementId": "Task" },
            { "type": "JOB_CREATED", "jobKey": "3", "elementInstanceKey": "2" },
            { "type": "JOB_FAILED", "jobKey": "3", "retries": 2, "retryAt": "1970-01-01T00:00:00Z", "message": "busy" },
        ]))?;
        let at = api::time::parse("2030-01-01T00:00:00Z")?;
        assert!(matches!(&happenings[1], Happening::Failed { again_at, .. } if *again_at == at));
        Ok(())
    }
}
