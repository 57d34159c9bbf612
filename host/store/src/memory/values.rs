//! The fields of records.

use types::{SharedStr, Timestamp};

use crate::DefinitionRecord;
use crate::search::names::{incident_state, job_kind, job_state};
use crate::search::{
    Field, IncidentField, IncidentRecord, JobField, JobRecord, ProcessDefinitionField, ProcessInstanceField,
    ProcessInstanceRecord, UserTaskField, UserTaskRecord, VariableField, VariableRecord,
};
use engine::state::JobState;

/// What a field of a record holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'r> {
    Missing,
    Text(&'r str),
    Integer(i64),
    Texts(&'r [SharedStr]),
}

/// A record that searches with the fields `F` find.
pub(super) trait Record<F: Field> {
    /// What the field holds.
    fn value(&self, field: F) -> Value<'_>;

    /// How many bytes the record adds to its page, when that can be many.
    fn bytes(&self) -> usize {
        0
    }
}

impl<'r> From<&'r SharedStr> for Value<'r> {
    fn from(text: &'r SharedStr) -> Self {
        Self::Text(text)
    }
}

impl<'r> From<&'r str> for Value<'r> {
    fn from(text: &'r str) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(time: Timestamp) -> Self {
        Self::Integer(time.as_millis())
    }
}

impl<'r> From<&'r Vec<SharedStr>> for Value<'r> {
    fn from(texts: &'r Vec<SharedStr>) -> Self {
        Self::Texts(texts)
    }
}

impl<'r, T: Into<Value<'r>>> From<Option<T>> for Value<'r> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

impl Record<ProcessInstanceField> for ProcessInstanceRecord {
    fn value(&self, field: ProcessInstanceField) -> Value<'_> {
        use ProcessInstanceField as Field;
        match field {
            Field::ProcessInstanceKey => self.key.get().into(),
            Field::ProcessDefinitionKey => self.definition.get().into(),
            Field::ProcessDefinitionId => (&self.bpmn_process_id).into(),
            Field::ProcessDefinitionName => self.process_name.as_ref().into(),
            Field::ProcessDefinitionVersion => i64::from(self.version).into(),
            Field::ProcessDefinitionVersionTag => self.version_tag.as_ref().into(),
            Field::State => self.state.name().into(),
            Field::HasIncident => i64::from(self.has_incident).into(),
            Field::StartDate => self.started_at.into(),
            Field::EndDate => self.ended_at.into(),
            Field::TenantId => self.tenant.as_str().into(),
            Field::BusinessId => self.business_id.as_ref().into(),
            Field::ParentProcessInstanceKey => self.caller.map(|caller| caller.instance.get()).into(),
            Field::Tag => (&self.tags).into(),
        }
    }
}

/// A definition and whether it is the latest version of its process.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) record: DefinitionRecord,
    pub(super) is_latest: bool,
}

impl Record<ProcessDefinitionField> for Definition {
    fn value(&self, field: ProcessDefinitionField) -> Value<'_> {
        use ProcessDefinitionField as Field;
        match field {
            Field::ProcessDefinitionKey => self.record.key.get().into(),
            Field::ProcessDefinitionId => (&self.record.bpmn_process_id).into(),
            Field::Name => self.record.name.as_ref().into(),
            Field::Version => i64::from(self.record.version).into(),
            Field::VersionTag => self.record.version_tag.as_ref().into(),
            Field::ResourceName => (&self.record.resource_name).into(),
            Field::TenantId => self.record.tenant.as_str().into(),
            Field::IsLatestVersion => i64::from(self.is_latest).into(),
        }
    }
}

impl Record<UserTaskField> for UserTaskRecord {
    fn value(&self, field: UserTaskField) -> Value<'_> {
        use UserTaskField as Field;
        let Self { task, origin } = self;
        match field {
            Field::UserTaskKey => task.key.get().into(),
            Field::ElementId => (&task.element).into(),
            Field::ElementInstanceKey => task.element_instance.get().into(),
            Field::ProcessInstanceKey => origin.instance.get().into(),
            Field::ProcessDefinitionKey => origin.definition.get().into(),
            Field::ProcessDefinitionId => (&origin.bpmn_process_id).into(),
            Field::State => task.state.name().into(),
            Field::Assignee => task.assignee.as_ref().into(),
            Field::CandidateGroup => (&task.candidate_groups).into(),
            Field::CandidateUser => (&task.candidate_users).into(),
            Field::Priority => i64::from(task.priority).into(),
            Field::CreationDate => task.created_at.into(),
            Field::CompletionDate => task.ended_at.into(),
            Field::DueDate => task.due_date.into(),
            Field::FollowUpDate => task.follow_up_date.into(),
            Field::TenantId => origin.tenant.as_str().into(),
        }
    }
}

impl Record<IncidentField> for IncidentRecord {
    fn value(&self, field: IncidentField) -> Value<'_> {
        use IncidentField as Field;
        let Self { incident, origin } = self;
        match field {
            Field::IncidentKey => incident.key.get().into(),
            Field::ProcessInstanceKey => origin.instance.get().into(),
            Field::ProcessDefinitionKey => origin.definition.get().into(),
            Field::ProcessDefinitionId => (&origin.bpmn_process_id).into(),
            Field::ElementId => (&incident.element).into(),
            Field::ElementInstanceKey => incident.element_instance.get().into(),
            Field::JobKey => incident.job.map(|job| job.get()).into(),
            Field::ErrorType => incident.kind.name().into(),
            Field::ErrorMessage => (&incident.message).into(),
            Field::State => incident_state(incident).into(),
            Field::CreationTime => incident.created_at.into(),
            Field::TenantId => origin.tenant.as_str().into(),
        }
    }
}

impl Record<JobField> for JobRecord {
    fn value(&self, field: JobField) -> Value<'_> {
        use JobField as Field;
        let Self { job, element, origin } = self;
        let held = match &job.state {
            JobState::Activated { worker, deadline } | JobState::Running { worker, deadline } => {
                Some((worker, *deadline))
            }
            JobState::Activatable { .. } | JobState::Stopped => None,
        };
        match field {
            Field::JobKey => job.key.get().into(),
            Field::Type => (&job.job_type).into(),
            Field::Kind => job_kind(job.kind).into(),
            Field::Priority => i64::from(job.priority).into(),
            Field::State => job_state(&job.state).into(),
            Field::Worker => held.map(|(worker, _)| worker).into(),
            Field::Retries => i64::from(job.retries).into(),
            Field::Deadline => held.map(|(_, deadline)| deadline).into(),
            Field::ElementId => element.into(),
            Field::ElementInstanceKey => job.element_instance.get().into(),
            Field::ProcessInstanceKey => origin.instance.get().into(),
            Field::ProcessDefinitionKey => origin.definition.get().into(),
            Field::ProcessDefinitionId => (&origin.bpmn_process_id).into(),
            Field::TenantId => origin.tenant.as_str().into(),
        }
    }
}

impl Record<VariableField> for VariableRecord {
    fn value(&self, field: VariableField) -> Value<'_> {
        use VariableField as Field;
        match field {
            Field::VariableKey => self.key.get().into(),
            Field::Name => (&self.name).into(),
            Field::Value => self.value.as_str().into(),
            Field::ScopeKey => self.scope.get().into(),
            Field::ProcessInstanceKey => self.instance.get().into(),
            Field::TenantId => self.tenant.as_str().into(),
        }
    }

    fn bytes(&self) -> usize {
        self.value.as_str().len()
    }
}
