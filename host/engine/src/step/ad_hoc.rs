//! Ad-hoc sub-processes: activities in any order, as often as somebody asks for them.
//!
//! Each activated activity begins a *path*, a scope of its own that keeps what its activities say apart from other paths.
//! A collection names the activities to begin with, an operator activates others, and where there is a job its worker
//! decides: it is asked on entering and after each path.

use bpmn::model::{AdHoc, Element, ElementIndex, ElementKind, SubProcess};
use types::{ElementInstanceKey, Json, SharedStr, VARIABLES_BYTES_MAX, Variables, VariablesError};

use super::complete::Leave;
use super::evaluate::{VisibleVariables, expected};
use super::job::NewJob;
use super::mapping::Overlay;
use super::run::Run;
use super::trouble::Trouble;
use crate::command::{AdHocActivity, AdHocResult};
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{ElementState, IncidentKind, Job, JobKind, Role, Sequel};

/// Activities that one command activates at most.
const ACTIVATIONS_MAX: usize = 1_000;

/// The variable that tells a worker which activities there are.
const ELEMENTS_VARIABLE: &str = "adHocSubProcessElements";

/// How an ad-hoc sub-process begins.
pub(super) struct Entry<'a> {
    sub_process: &'a AdHoc,
    activities: Vec<ElementIndex>,
    job: Option<NewJob>,
}

/// What a worker knows of an activity.
#[derive(serde::Serialize)]
struct ActivityDescription<'m> {
    #[serde(rename = "elementId")]
    id: &'m str,
    #[serde(rename = "elementName")]
    name: Option<&'m str>,
}

impl<'a> Run<'a> {
    pub(super) fn prepare_ad_hoc(
        &self,
        element: &'a Element,
        sub_process: &'a AdHoc,
        scope: ElementInstanceKey,
    ) -> Result<Entry<'a>, Trouble> {
        let job = self.prepare_ad_hoc_job(sub_process, scope)?;
        let activities = match (&job, &sub_process.active_elements) {
            (None, Some(expression)) => {
                let visible = VisibleVariables { state: self.state, scope };
                self.evaluate_in(expression, &visible, IncidentKind::ExtractValueError, |value| {
                    let what = "a list of ids for the active elements";
                    let list = value.as_list().ok_or_else(|| expected(what, value))?;
                    let mut activities = Vec::new();
                    for item in list.iter() {
                        let id = item.as_str().ok_or_else(|| expected("the id of an activity", &item))?;
                        let activity = self.activity(element, sub_process, id)?;
                        if activities.contains(&activity) {
                            return Err(format!("`{id}` is among the active elements twice"));
                        }
                        activities.push(activity);
                    }
                    Ok(activities)
                })?
            }
            _ => Vec::new(),
        };
        Ok(Entry { sub_process, activities, job })
    }

    fn prepare_ad_hoc_job(
        &self,
        sub_process: &'a AdHoc,
        scope: ElementInstanceKey,
    ) -> Result<Option<NewJob>, Trouble> {
        let Some(task) = &sub_process.job else { return Ok(None) };
        Ok(Some(NewJob { kind: JobKind::AdHocSubProcess, ..self.prepare_job(task, scope)? }))
    }

    /// The activity of a sub-process with this id.
    fn activity(&self, element: &Element, sub_process: &AdHoc, id: &str) -> Result<ElementIndex, String> {
        self.process
            .element_by_id(id)
            .filter(|index| sub_process.activities.contains(index))
            .ok_or_else(|| format!("`{}` has no activity `{id}` that could be activated", element.id))
    }

    pub(super) fn begin_ad_hoc(&mut self, key: ElementInstanceKey, entry: Entry<'a>) {
        self.emit(Event::LoopStarted { key, total: None, items: None });
        let descriptions: Vec<_> = entry
            .sub_process
            .activities
            .iter()
            .map(|index| {
                let activity = self.process.element(*index);
                ActivityDescription { id: &activity.id, name: activity.name.as_deref() }
            })
            .collect();
        let descriptions = serde_json::to_string(&descriptions).unwrap_or_else(|_| "[]".to_owned());
        self.set(key, SharedStr::from(ELEMENTS_VARIABLE), Json::from_trusted(descriptions));
        if let Some(name) = &entry.sub_process.output_collection {
            self.set(key, SharedStr::from(name), Json::from_trusted("[]"));
        }
        if let Some(job) = entry.job {
            self.create_job(key, job);
        }
        self.begin_paths(
            key,
            entry.activities.into_iter().map(|activity| (activity, Variables::new())).collect(),
        );
    }

    /// Activates activities, each on a path of its own. All paths are there before the first goes on, which may end at once.
    fn begin_paths(&mut self, key: ElementInstanceKey, activities: Vec<(ElementIndex, Variables)>) {
        let Some((_, element)) = self.element_of(key) else { return };
        let mut paths = Vec::with_capacity(activities.len());
        for (activity, variables) in activities {
            let path = self.emit_entered(element, key, None, ElementState::Active, Role::Path);
            self.set_local(path, variables);
            paths.push((path, activity));
        }
        for (path, activity) in paths {
            if self.state.element(path).is_some() {
                self.allowance.next_element();
                self.enter(activity, path, None);
            }
        }
    }

    /// Keeps the result of a path that is about to be left. Whether the sub-process ends: its completion condition holds.
    pub(super) fn keep_path_result(
        &mut self,
        path: ElementInstanceKey,
        key: ElementInstanceKey,
        element: &Element,
    ) -> Result<bool, Trouble> {
        let ElementKind::SubProcess(SubProcess::AdHoc(sub_process)) = &element.kind else { return Ok(false) };
        let mut collected = Variables::new();
        if let (Some(name), Some(output)) = (&sub_process.output_collection, &sub_process.output_element) {
            let value = self.json(output, path)?;
            collected.insert(SharedStr::from(name), self.appended(key, name, &value)?);
        }
        let holds = match &sub_process.completion_condition {
            Some(condition) => {
                let scope = Overlay {
                    mapped: &collected,
                    given: &Variables::new(),
                    visible: VisibleVariables { state: self.state, scope: key },
                };
                self.evaluate_in(condition, &scope, IncidentKind::ExtractValueError, |value| {
                    value.as_bool().ok_or_else(|| expected("a boolean for the completion condition", value))
                })?
            }
            None => false,
        };
        self.set_local(key, collected);
        Ok(holds)
    }

    /// The output collection with one more result.
    fn appended(&self, key: ElementInstanceKey, name: &str, value: &Json) -> Result<Json, Trouble> {
        let not_kept = |why: String| {
            Trouble::new(IncidentKind::ExtractValueError, format!("the result cannot be kept: {why}"))
        };
        let list =
            self.state.local_variable(key, name).map_or("[]", |variable| variable.value.as_str()).trim();
        let Some(items) = list.strip_prefix('[').and_then(|list| list.strip_suffix(']')) else {
            return Err(not_kept(format!("`{name}` is no list any longer")));
        };
        let bytes = list.len() + value.as_str().len() + 1;
        if bytes > VARIABLES_BYTES_MAX {
            return Err(not_kept(VariablesError::TooLarge { bytes }.to_string()));
        }
        self.allowance.spend_json(bytes).map_err(|error| not_kept(error.to_string()))?;
        let comma = if items.trim().is_empty() { "" } else { "," };
        Json::parse(&format!("[{items}{comma}{value}]")).map_err(|error| not_kept(error.to_string()))
    }

    /// A path has ended. `holds` tells that the completion condition does.
    pub(super) fn ad_hoc_path_left(&mut self, key: ElementInstanceKey, holds: bool) {
        let Some(sub_process) = self.ad_hoc(key) else { return };
        if holds {
            self.withdraw_question(key);
        }
        if holds && sub_process.cancels_remaining {
            return self.empty_then(key, Sequel::Leave {});
        }
        if holds && self.is_busy(key) && !self.is_closed(key) {
            self.emit(Event::LoopClosed { key });
        }
        if holds
            || self.is_closed(key)
            || sub_process.job.is_none() && sub_process.completion_condition.is_none()
        {
            self.complete_scope_if_empty(key);
        } else if sub_process.job.is_some() {
            self.ask_again(key, sub_process);
        }
    }

    /// Something other than a path has ended in it: an event sub-process that has let the rest go on.
    pub(super) fn ad_hoc_event_handled(&mut self, key: ElementInstanceKey) {
        let Some(sub_process) = self.ad_hoc(key) else { return };
        let has_begun = self.state.loop_progress(key).is_some_and(|progress| progress.entered > 0);
        if self.is_closed(key) {
            self.complete_scope_if_empty(key);
        } else if sub_process.job.is_some() {
            self.ask_again(key, sub_process);
        } else if sub_process.completion_condition.is_none() && has_begun {
            self.complete_scope_if_empty(key);
        }
    }

    /// Asks the worker how to go on. A job that it still has is about what was before.
    pub(super) fn ask_again(&mut self, key: ElementInstanceKey, sub_process: &'a AdHoc) {
        self.withdraw_question(key);
        match self.prepare_ad_hoc_job(sub_process, key) {
            Ok(Some(job)) => self.create_job(key, job),
            Ok(None) => {}
            Err(trouble) => self.raise(key, None, trouble),
        }
    }

    /// Takes back the job of a worker that decides how to go on, and what has stopped that job.
    fn withdraw_question(&mut self, key: ElementInstanceKey) {
        let open: Vec<_> = self
            .state
            .jobs_of(key)
            .filter(|job| job.kind == JobKind::AdHocSubProcess)
            .map(|job| job.key)
            .collect();
        let stopped: Vec<_> = self
            .state
            .incidents_of(key)
            .filter(|incident| incident.job.is_some_and(|job| open.contains(&job)))
            .map(|incident| incident.key)
            .collect();
        for key in stopped {
            self.emit(Event::IncidentResolved { key, at: self.at() });
        }
        for job in open {
            self.emit(Event::JobCanceled { job });
        }
    }

    /// The worker has decided how to go on.
    pub(super) fn ad_hoc_decided(&mut self, job: &Job, result: AdHocResult) -> Result<(), Rejection> {
        let key = job.element_instance;
        let activities = self.checked_activities(key, result.activities)?;
        if result.is_done && !activities.is_empty() {
            return Err(Rejection::InvalidArgument {
                field: "result",
                message: "an ad-hoc sub-process that is done activates nothing: give one of the two"
                    .to_owned(),
            });
        }
        self.emit(Event::JobCompleted { job: job.key });
        self.set_local(key, result.variables);
        if result.cancels_remaining {
            self.end_paths(key);
        }
        if !result.is_done {
            self.begin_paths(key, activities);
        } else if self.is_busy(key) {
            self.emit(Event::LoopClosed { key });
        } else {
            self.complete(key, Leave::All);
        }
        Ok(())
    }

    pub(super) fn activate_ad_hoc(
        &mut self,
        key: ElementInstanceKey,
        activities: Vec<AdHocActivity>,
        cancels_remaining: bool,
    ) -> Result<(), Rejection> {
        let activities = self.checked_activities(key, activities)?;
        if activities.is_empty() {
            return Err(Rejection::InvalidArgument {
                field: "elements",
                message: "no activities given to activate".to_owned(),
            });
        }
        if cancels_remaining {
            self.end_paths(key);
        }
        self.begin_paths(key, activities);
        Ok(())
    }

    /// The activities that a command names, if the sub-process has them and takes on more.
    fn checked_activities(
        &self,
        key: ElementInstanceKey,
        activities: Vec<AdHocActivity>,
    ) -> Result<Vec<(ElementIndex, Variables)>, Rejection> {
        let (Some(sub_process), Some((_, element)), Some(instance)) =
            (self.ad_hoc(key), self.element_of(key), self.state.element(key))
        else {
            return Err(Rejection::NotFound { kind: EntityKind::ElementInstance, key: key.0 });
        };
        if instance.state != ElementState::Active || self.is_closed(key) {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ElementInstance,
                key: key.0,
                found: if self.is_closed(key) { "about to end" } else { "not active" },
                expected: "an active ad-hoc sub-process",
            });
        }
        let invalid = |message| Rejection::InvalidArgument { field: "elements", message };
        if activities.len() > ACTIVATIONS_MAX {
            return Err(invalid(format!("at most {ACTIVATIONS_MAX} activities are activated at once")));
        }
        activities
            .into_iter()
            .map(|AdHocActivity { element: id, variables }| {
                let activity = self.activity(element, sub_process, &id).map_err(invalid)?;
                Ok((activity, variables))
            })
            .collect()
    }

    /// Whether it ends when what is active in it has.
    pub(super) fn is_closed(&self, key: ElementInstanceKey) -> bool {
        self.state.loop_progress(key).is_some_and(|progress| progress.total.is_some())
    }

    /// The ad-hoc sub-process that an element instance is: neither a path through one nor a loop over one.
    pub(super) fn ad_hoc(&self, key: ElementInstanceKey) -> Option<&'a AdHoc> {
        let role = self.state.element(key)?.role;
        match &self.element_of(key)?.1.kind {
            ElementKind::SubProcess(SubProcess::AdHoc(sub_process))
                if !matches!(role, Role::Path | Role::Loop) =>
            {
                Some(sub_process)
            }
            _ => None,
        }
    }

    /// Ends all paths, and nothing else.
    fn end_paths(&mut self, key: ElementInstanceKey) {
        let is_path = |path: &ElementInstanceKey| {
            self.state.element(*path).is_some_and(|instance| instance.role == Role::Path)
        };
        let paths: Vec<_> = self
            .state
            .element(key)
            .into_iter()
            .flat_map(|element| element.child_keys())
            .filter(is_path)
            .collect();
        for path in paths {
            self.terminate(path);
        }
    }

    /// The results that an ad-hoc sub-process has collected become a variable outside when it is left.
    pub(super) fn propagate_collection(
        &mut self,
        key: ElementInstanceKey,
        scope: ElementInstanceKey,
        element: &Element,
    ) {
        let ElementKind::SubProcess(SubProcess::AdHoc(sub_process)) = &element.kind else { return };
        let Some(name) = &sub_process.output_collection else { return };
        let Some(list) = self.state.local_variable(key, name).map(|variable| variable.value.clone()) else {
            return;
        };
        self.propagate(scope, std::iter::once((SharedStr::from(name), list)).collect());
    }
}
