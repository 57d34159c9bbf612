//! Entering an element: what has to be evaluated first, and what it then does.

use bpmn::model::{
    BoundaryTrigger, Element, ElementIndex, ElementKind, EndEvent, FlowIndex, Form, JobTask, Text, UserTask,
    UserTaskImplementation,
};
use types::{ElementInstanceKey, JobKey, Json, SharedStr, TimerKey, Timestamp, UserTaskKey};

use super::evaluate::Trouble;
use super::run::Run;
use super::timer::Schedule;
use crate::event::{Event, Header};
use crate::state::{ElementState, IncidentKind};

/// The type of the jobs that job-based user tasks become.
pub const USER_TASK_JOB_TYPE: &str = "io.camunda.zeebe:userTask";

/// A user task's priority when the model does not say, as in Camunda.
const PRIORITY_DEFAULT: u8 = 50;

/// All that an element needs to act, evaluated before anything of it is recorded.
struct Prepared {
    action: Action,
    boundary_timers: Vec<(SharedStr, Schedule)>,
}

enum Action {
    /// Nothing to wait for.
    Pass,
    /// An exclusive gateway's choice.
    Choose(FlowIndex),
    CreateJob {
        job_type: SharedStr,
        retries: u32,
        headers: Vec<Header>,
    },
    CreateUserTask(Box<UserTaskProperties>),
    SetResult {
        name: SharedStr,
        value: Json,
    },
    WaitForTimer {
        element: SharedStr,
        schedule: Schedule,
    },
    EnterScope {
        start: ElementIndex,
    },
    ThrowError {
        code: SharedStr,
    },
}

struct UserTaskProperties {
    assignee: Option<SharedStr>,
    candidate_groups: Vec<SharedStr>,
    candidate_users: Vec<SharedStr>,
    due_date: Option<Timestamp>,
    follow_up_date: Option<Timestamp>,
    priority: u8,
    form_key: Option<SharedStr>,
    external_form_reference: Option<SharedStr>,
}

impl<'a> Run<'a> {
    /// Enters `index` in `scope`.
    pub(super) fn enter(&mut self, index: ElementIndex, scope: ElementInstanceKey, flow: Option<FlowIndex>) {
        self.allowance.spend_element();
        let element = self.process.element(index);
        let key = ElementInstanceKey(self.new_key());
        let prepared = if element.inputs.is_empty() { Some(self.prepare(element, scope)) } else { None };
        let state = match &prepared {
            Some(Ok(_)) => ElementState::Active,
            Some(Err(_)) | None => ElementState::Activating,
        };
        self.emit(Event::ElementEntered {
            key,
            scope,
            element: SharedStr::from(&element.id),
            flow: flow.map(|flow| SharedStr::from(&self.process.flow(flow).id)),
            state,
            at: self.at(),
        });
        match prepared {
            Some(Ok(prepared)) => self.act(key, element, prepared),
            Some(Err(trouble)) => self.raise(key, None, trouble),
            None => self.activate(key),
        }
    }

    /// Evaluates what an entered element needs and lets it act. Again after an incident.
    pub(super) fn activate(&mut self, key: ElementInstanceKey) {
        let Some((_, element)) = self.element_of(key) else { return };
        match self.input_mappings(key, element).and_then(|inputs| {
            self.set_local(key, inputs);
            self.prepare(element, key)
        }) {
            Ok(prepared) => {
                self.emit(Event::ElementActivated { key });
                self.act(key, element, prepared);
            }
            Err(trouble) => self.raise(key, None, trouble),
        }
    }

    fn prepare(&self, element: &'a Element, scope: ElementInstanceKey) -> Result<Prepared, Trouble> {
        let mut boundary_timers = Vec::new();
        for boundary in &element.boundary_events {
            let boundary = self.process.element(*boundary);
            if let ElementKind::BoundaryEvent(event) = &boundary.kind
                && let BoundaryTrigger::Timer(timer) = &event.trigger
            {
                boundary_timers.push((SharedStr::from(&boundary.id), self.schedule(timer, scope)?));
            }
        }
        Ok(Prepared { action: self.prepare_action(element, scope)?, boundary_timers })
    }

    fn prepare_action(&self, element: &'a Element, scope: ElementInstanceKey) -> Result<Action, Trouble> {
        Ok(match &element.kind {
            ElementKind::Process
            | ElementKind::StartEvent
            | ElementKind::EndEvent(EndEvent::None)
            | ElementKind::PassThroughTask(_)
            | ElementKind::ParallelGateway
            | ElementKind::NoneThrowEvent
            | ElementKind::BoundaryEvent(_) => Action::Pass,
            ElementKind::EndEvent(EndEvent::Error { code }) => {
                Action::ThrowError { code: self.string(code, scope, "error code")? }
            }
            ElementKind::JobTask(task) => self.prepare_job(task, scope)?,
            ElementKind::UserTask(task) => self.prepare_user_task(task, scope)?,
            ElementKind::ScriptTask(task) => Action::SetResult {
                name: SharedStr::from(&task.result_variable),
                value: self.json(&task.expression, scope)?,
            },
            ElementKind::ExclusiveGateway { default } => {
                Action::Choose(self.choose(element, *default, scope)?)
            }
            ElementKind::TimerCatchEvent(timer) => Action::WaitForTimer {
                element: SharedStr::from(&element.id),
                schedule: self.schedule(timer, scope)?,
            },
            ElementKind::SubProcess => {
                let Some(index) = self.process.element_by_id(&element.id) else {
                    return Err(Trouble::new(IncidentKind::ExtractValueError, "the sub-process is unknown"));
                };
                match self.process.none_start(index) {
                    Some(start) => Action::EnterScope { start },
                    None => {
                        return Err(Trouble::new(
                            IncidentKind::ExtractValueError,
                            "the sub-process has no start event",
                        ));
                    }
                }
            }
        })
    }

    fn prepare_job(&self, task: &'a JobTask, scope: ElementInstanceKey) -> Result<Action, Trouble> {
        Ok(Action::CreateJob {
            job_type: self.string(&task.job_type, scope, "job type")?,
            retries: self.whole_number(&task.retries, scope, "retries")?,
            headers: Vec::new(),
        })
    }

    fn prepare_user_task(&self, task: &'a UserTask, scope: ElementInstanceKey) -> Result<Action, Trouble> {
        let properties = self.user_task_properties(task, scope)?;
        Ok(match task.implementation {
            UserTaskImplementation::Managed => Action::CreateUserTask(Box::new(properties)),
            UserTaskImplementation::Job => Action::CreateJob {
                job_type: SharedStr::from(USER_TASK_JOB_TYPE),
                retries: 1,
                headers: properties.into_headers(),
            },
        })
    }

    fn user_task_properties(
        &self,
        task: &'a UserTask,
        scope: ElementInstanceKey,
    ) -> Result<UserTaskProperties, Trouble> {
        let names = |text: &'a Option<Text>, what| match text {
            Some(text) => self.names(text, scope, what),
            None => Ok(Vec::new()),
        };
        let date = |text: &'a Option<Text>, what| match text {
            Some(text) => self.date(text, scope, what),
            None => Ok(None),
        };
        let assignee = match &task.assignee {
            Some(text) => self.optional_string(text, scope, "assignee")?,
            None => None,
        };
        let (form_key, external_form_reference) = match &task.form {
            Some(Form::Key(key)) => (Some(self.string(key, scope, "form key")?), None),
            Some(Form::External(reference)) => {
                (None, Some(self.string(reference, scope, "external form reference")?))
            }
            None => (None, None),
        };
        let priority = match &task.priority {
            Some(text) => match u8::try_from(self.whole_number(text, scope, "priority")?) {
                Ok(priority @ 0..=100) => priority,
                _ => {
                    return Err(Trouble::new(
                        IncidentKind::ExtractValueError,
                        "the priority of a user task is a number from 0 to 100",
                    ));
                }
            },
            None => PRIORITY_DEFAULT,
        };
        Ok(UserTaskProperties {
            assignee,
            candidate_groups: names(&task.candidate_groups, "candidate groups")?,
            candidate_users: names(&task.candidate_users, "candidate users")?,
            due_date: date(&task.due_date, "due date")?,
            follow_up_date: date(&task.follow_up_date, "follow-up date")?,
            priority,
            form_key,
            external_form_reference,
        })
    }

    fn choose(
        &self,
        gateway: &'a Element,
        default: Option<FlowIndex>,
        scope: ElementInstanceKey,
    ) -> Result<FlowIndex, Trouble> {
        for index in &gateway.outgoing {
            match &self.process.flow(*index).condition {
                Some(condition) if self.condition(condition, scope)? => return Ok(*index),
                Some(_) => {}
                None if Some(*index) != default => return Ok(*index),
                None => {}
            }
        }
        default.ok_or_else(|| {
            Trouble::new(
                IncidentKind::ConditionError,
                format!("no condition of gateway `{}` holds and it has no default flow", gateway.id),
            )
        })
    }

    fn act(&mut self, key: ElementInstanceKey, element: &'a Element, prepared: Prepared) {
        for (boundary, schedule) in prepared.boundary_timers {
            self.create_timer(key, boundary, schedule);
        }
        match prepared.action {
            Action::Pass => self.complete(key, None),
            Action::Choose(flow) => self.complete(key, Some(flow)),
            Action::CreateJob { job_type, retries, headers } => {
                let job = JobKey(self.new_key());
                self.emit(Event::JobCreated { key: job, element_instance: key, job_type, retries, headers });
            }
            Action::CreateUserTask(properties) => {
                let task = UserTaskKey(self.new_key());
                self.emit(properties.into_event(task, key, self.at()));
            }
            Action::SetResult { name, value } => {
                self.set_results(key, element, std::iter::once((name, value)).collect());
                self.complete(key, None);
            }
            Action::WaitForTimer { element, schedule } => self.create_timer(key, element, schedule),
            Action::EnterScope { start } => self.enter(start, key, None),
            Action::ThrowError { code } => self.throw_from(key, &code),
        }
    }

    pub(super) fn create_timer(
        &mut self,
        element_instance: ElementInstanceKey,
        element: SharedStr,
        schedule: Schedule,
    ) {
        let key = TimerKey(self.new_key());
        self.emit(Event::TimerCreated {
            key,
            element_instance,
            element,
            due: schedule.due,
            fired: schedule.fired,
        });
    }
}

impl UserTaskProperties {
    fn into_event(self, key: UserTaskKey, element_instance: ElementInstanceKey, at: Timestamp) -> Event {
        Event::UserTaskCreated {
            key,
            element_instance,
            assignee: self.assignee,
            candidate_groups: self.candidate_groups,
            candidate_users: self.candidate_users,
            due_date: self.due_date,
            follow_up_date: self.follow_up_date,
            priority: self.priority,
            form_key: self.form_key,
            external_form_reference: self.external_form_reference,
            at,
        }
    }

    /// The headers by which Camunda's job-based user tasks tell their properties.
    fn into_headers(self) -> Vec<Header> {
        let list = |names: Vec<SharedStr>| {
            if names.is_empty() {
                return None;
            }
            let names: Vec<&str> = names.iter().map(|name| &**name).collect();
            Some(SharedStr::from(serde_json::Value::from(names).to_string()))
        };
        let date = |date: Option<Timestamp>| {
            date.and_then(|date| jiff::Timestamp::from_millisecond(date.as_millis()).ok())
                .map(|date| SharedStr::from(date.to_string()))
        };
        [
            ("io.camunda.zeebe:assignee", self.assignee),
            ("io.camunda.zeebe:candidateGroups", list(self.candidate_groups)),
            ("io.camunda.zeebe:candidateUsers", list(self.candidate_users)),
            ("io.camunda.zeebe:dueDate", date(self.due_date)),
            ("io.camunda.zeebe:followUpDate", date(self.follow_up_date)),
            ("io.camunda.zeebe:formKey", self.form_key),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(Header { name: SharedStr::from(name), value: value? }))
        .collect()
    }
}
