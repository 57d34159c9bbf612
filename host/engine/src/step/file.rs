//! Deployed forms and files that tasks link to: the host finds their versions, and then the user task or job is created.

use bpmn::model::{Binding, ElementKind, Form, JobTask, LinkedResource, Text, UserTask};
use serde::Serialize;
use types::{ElementInstanceKey, FileKind, ResourceKey, SharedStr};

use super::action::{Action, Prepared};
use super::call::Version;
use super::run::Run;
use super::trouble::Trouble;
use crate::command::MissingFile;
use crate::event::Header;
use crate::outgoing::{FindFiles, Outgoing, WantedFile};
use crate::rejection::Rejection;
use crate::state::{ElementState, IncidentKind, Role};

/// The header by which a job tells what its task links to, as in Camunda.
const LINKED_RESOURCES_HEADER: &str = "linkedResources";

/// What the header says of one file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Linked<'a> {
    resource_key: ResourceKey,
    resource_type: Option<&'a str>,
    link_name: Option<&'a str>,
}

impl<'a> Run<'a> {
    /// The form that a user task links to.
    pub(super) fn linked_form(
        &self,
        task: &UserTask,
        scope: ElementInstanceKey,
    ) -> Result<Option<WantedFile>, Trouble> {
        match &task.form {
            Some(Form::Linked { id, binding }) => {
                self.wanted(FileKind::Form, id, binding, scope, "form id").map(Some)
            }
            Some(Form::Key(_) | Form::External(_)) | None => Ok(None),
        }
    }

    fn wanted(
        &self,
        kind: FileKind,
        id: &Text,
        binding: &Binding,
        scope: ElementInstanceKey,
        what: &'static str,
    ) -> Result<WantedFile, Trouble> {
        let id = self.string(id, scope, what)?;
        let Version { version_tag, deployed_with } = self.version(binding, scope)?;
        Ok(WantedFile { kind, id, version_tag, deployed_with })
    }

    pub(super) fn ask_for_files(&mut self, key: ElementInstanceKey, files: Vec<WantedFile>) {
        let Some(instance) = self.state.instance() else { return };
        let (instance, tenant) = (instance.key, instance.tenant.clone());
        self.send(Outgoing::FindFiles(FindFiles { instance, element_instance: key, tenant, files }));
    }

    /// Whether a task has not got the files yet that its user task or job is created with.
    fn waits_for_files(&self, key: ElementInstanceKey) -> bool {
        self.state
            .element(key)
            .is_some_and(|instance| instance.state == ElementState::Active && instance.role != Role::Loop)
            && self.state.jobs_of(key).next().is_none()
            && self.state.user_tasks_of(key).next().is_none()
    }

    /// Creates the user task or job of a task that still waits for files, or asks for them again: after an incident, and when
    /// a migration has changed what it links to. False when it does not wait for any.
    pub(super) fn create_after_all(&mut self, key: ElementInstanceKey) -> bool {
        let Some((index, element)) = self.element_of(key).filter(|_| self.waits_for_files(key)) else {
            return false;
        };
        let action = match &element.kind {
            ElementKind::UserTask(task) => self.prepare_user_task(task, key),
            ElementKind::JobTask(task) => self.prepare_job_task(task, key),
            _ => return false,
        };
        match action {
            Ok(action) => self.act(key, index, Prepared { action, waits: Vec::new() }),
            Err(trouble) => self.raise(key, None, trouble),
        }
        true
    }

    /// A job, or the files that are to be found before it is created.
    pub(super) fn prepare_job_task(
        &self,
        task: &'a JobTask,
        scope: ElementInstanceKey,
    ) -> Result<Action<'a>, Trouble> {
        // What else is wrong is told before the files are looked for.
        let job = self.prepare_job(task, scope)?;
        let wanted = |LinkedResource { id, binding, .. }: &LinkedResource| {
            self.wanted(FileKind::Resource, id, binding, scope, "id of the linked resource")
        };
        let files: Vec<_> = task.linked_resources.iter().map(wanted).collect::<Result<_, _>>()?;
        Ok(if files.is_empty() { Action::CreateJob(job) } else { Action::FindFiles(files) })
    }

    /// The files that a task has asked for, or which one there is not.
    ///
    /// A task that has ended, or waits for an operator, waits for no files any longer.
    pub(super) fn use_files(
        &mut self,
        key: ElementInstanceKey,
        files: Result<Vec<ResourceKey>, MissingFile>,
    ) -> Result<(), Rejection> {
        let Some((index, element)) = self.element_of(key) else { return Ok(()) };
        if !self.waits_for_files(key) || self.state.incidents_of(key).next().is_some() {
            return Ok(());
        }
        let files = match files {
            Ok(files) => files,
            Err(MissingFile { kind, message }) => {
                let kind = match kind {
                    FileKind::Form => IncidentKind::FormNotFound,
                    FileKind::Resource => IncidentKind::ResourceNotFound,
                };
                self.raise(key, None, Trouble::new(kind, message));
                return Ok(());
            }
        };
        let action = match (&element.kind, &files[..]) {
            (ElementKind::UserTask(task), [form]) if matches!(task.form, Some(Form::Linked { .. })) => {
                self.prepare_user_task_with(task, key, Some(*form))
            }
            // A migration may have changed what the task links to since it has asked.
            (ElementKind::JobTask(task), files)
                if !files.is_empty() && files.len() == task.linked_resources.len() =>
            {
                self.prepare_job_with(task, key, files)
            }
            _ => {
                self.create_after_all(key);
                return Ok(());
            }
        };
        match action {
            Ok(action) => self.act(key, index, Prepared { action, waits: Vec::new() }),
            Err(trouble) => self.raise(key, None, trouble),
        }
        Ok(())
    }

    fn prepare_job_with(
        &self,
        task: &'a JobTask,
        key: ElementInstanceKey,
        files: &[ResourceKey],
    ) -> Result<Action<'a>, Trouble> {
        let mut job = self.prepare_job(task, key)?;
        job.headers.push(linked_header(&task.linked_resources, files));
        Ok(Action::CreateJob(job))
    }
}

fn linked_header(resources: &[LinkedResource], files: &[ResourceKey]) -> Header {
    let linked: Vec<_> = resources
        .iter()
        .zip(files)
        .map(|(resource, key)| Linked {
            resource_key: *key,
            resource_type: resource.resource_type.as_deref(),
            link_name: resource.link_name.as_deref(),
        })
        .collect();
    let value = serde_json::json!(linked).to_string();
    Header { name: SharedStr::from(LINKED_RESOURCES_HEADER), value: SharedStr::from(value) }
}
