//! Where the fields of searches are in the tables.

use crate::search::names::{INCIDENT_ACTIVE, INCIDENT_RESOLVED, JOB_CREATED, JOB_FAILED};
use crate::search::{
    IncidentField, JobField, ProcessDefinitionField, ProcessInstanceField, UserTaskField, VariableField,
};

/// What a field is in SQL.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// An expression that may be null.
    Nullable(&'static str),
    /// An expression that is never null.
    Required(&'static str),
    /// A condition: 1 where it holds, 0 elsewhere.
    Flag(&'static str),
    /// Names, each with the condition under which it is the value. Conditions are written like those of partial indexes,
    /// so that a search for one name uses its index.
    Names(&'static [(&'static str, &'static str)]),
    /// A text that may be null, and may be too long for an index.
    Long(&'static str),
    /// Several texts, or null.
    List(&'static str),
}

use Column::{Flag, List, Long, Names, Nullable, Required};

impl From<ProcessInstanceField> for Column {
    fn from(field: ProcessInstanceField) -> Self {
        match field {
            ProcessInstanceField::ProcessInstanceKey => Required("p.key"),
            ProcessInstanceField::ProcessDefinitionKey => Required("p.definition_key"),
            ProcessInstanceField::ProcessDefinitionId => Required("p.bpmn_process_id"),
            ProcessInstanceField::ProcessDefinitionName => Nullable("d.name"),
            ProcessInstanceField::ProcessDefinitionVersion => Required("d.version"),
            ProcessInstanceField::ProcessDefinitionVersionTag => Nullable("d.version_tag"),
            ProcessInstanceField::State => Names(INSTANCE_STATES),
            ProcessInstanceField::HasIncident => Flag("p.open_incidents > 0"),
            ProcessInstanceField::StartDate => Required("p.started_at"),
            ProcessInstanceField::EndDate => Nullable("p.ended_at"),
            ProcessInstanceField::TenantId => Required("p.tenant_id"),
            ProcessInstanceField::BusinessId => Nullable("p.business_id"),
            ProcessInstanceField::ParentProcessInstanceKey => Nullable("p.caller_key"),
            ProcessInstanceField::Tag => List("p.tags"),
        }
    }
}

const INSTANCE_STATES: &[(&str, &str)] = &[
    ("ACTIVE", "p.state = 0"),
    ("COMPLETED", "p.state = 1 AND p.ended_at IS NOT NULL"),
    ("TERMINATED", "p.state = 2 AND p.ended_at IS NOT NULL"),
];

impl From<ProcessDefinitionField> for Column {
    fn from(field: ProcessDefinitionField) -> Self {
        match field {
            ProcessDefinitionField::ProcessDefinitionKey => Required("d.key"),
            ProcessDefinitionField::ProcessDefinitionId => Required("d.bpmn_process_id"),
            ProcessDefinitionField::Name => Nullable("d.name"),
            ProcessDefinitionField::Version => Required("d.version"),
            ProcessDefinitionField::VersionTag => Nullable("d.version_tag"),
            ProcessDefinitionField::ResourceName => Required("d.resource_name"),
            ProcessDefinitionField::TenantId => Required("d.tenant_id"),
            ProcessDefinitionField::IsLatestVersion => Flag(
                "d.version = (SELECT max(o.version) FROM process_definition o \
                 WHERE o.tenant_id = d.tenant_id AND o.bpmn_process_id = d.bpmn_process_id)",
            ),
        }
    }
}

impl From<UserTaskField> for Column {
    fn from(field: UserTaskField) -> Self {
        match field {
            UserTaskField::UserTaskKey => Required("u.key"),
            UserTaskField::ElementId => Required("u.element_id"),
            UserTaskField::ElementInstanceKey => Required("u.element_instance_key"),
            UserTaskField::ProcessInstanceKey => Required("u.process_instance_key"),
            UserTaskField::ProcessDefinitionKey => Required("u.definition_key"),
            UserTaskField::ProcessDefinitionId => Required("d.bpmn_process_id"),
            UserTaskField::State => Names(USER_TASK_STATES),
            UserTaskField::Assignee => Long("u.assignee"),
            UserTaskField::CandidateGroup => List("u.candidate_groups"),
            UserTaskField::CandidateUser => List("u.candidate_users"),
            UserTaskField::Priority => Required("u.priority"),
            UserTaskField::CreationDate => Required("u.created_at"),
            UserTaskField::CompletionDate => Nullable("u.ended_at"),
            UserTaskField::DueDate => Nullable("u.due_date"),
            UserTaskField::FollowUpDate => Nullable("u.follow_up_date"),
            UserTaskField::TenantId => Required("u.tenant_id"),
        }
    }
}

const USER_TASK_STATES: &[(&str, &str)] =
    &[("CREATED", "u.state = 0"), ("COMPLETED", "u.state = 1"), ("CANCELED", "u.state = 2")];

impl From<IncidentField> for Column {
    fn from(field: IncidentField) -> Self {
        match field {
            IncidentField::IncidentKey => Required("i.key"),
            IncidentField::ProcessInstanceKey => Required("i.process_instance_key"),
            IncidentField::ProcessDefinitionKey => Required("i.definition_key"),
            IncidentField::ProcessDefinitionId => Required("d.bpmn_process_id"),
            IncidentField::ElementId => Required("i.element_id"),
            IncidentField::ElementInstanceKey => Required("i.element_instance_key"),
            IncidentField::JobKey => Nullable("i.job_key"),
            IncidentField::ErrorType => Names(INCIDENT_KINDS),
            IncidentField::ErrorMessage => Required("i.message"),
            IncidentField::State => Names(INCIDENT_STATES),
            IncidentField::CreationTime => Required("i.created_at"),
            IncidentField::TenantId => Required("i.tenant_id"),
        }
    }
}

const INCIDENT_KINDS: &[(&str, &str)] = &[
    ("JOB_NO_RETRIES", "i.kind = 0"),
    ("UNHANDLED_ERROR_EVENT", "i.kind = 1"),
    ("IO_MAPPING_ERROR", "i.kind = 2"),
    ("CONDITION_ERROR", "i.kind = 3"),
    ("EXTRACT_VALUE_ERROR", "i.kind = 4"),
    ("CALLED_ELEMENT_ERROR", "i.kind = 5"),
    ("CALLED_DECISION_ERROR", "i.kind = 6"),
    ("DECISION_EVALUATION_ERROR", "i.kind = 7"),
    ("EXECUTION_LISTENER_NO_RETRIES", "i.kind = 8"),
    ("TASK_LISTENER_NO_RETRIES", "i.kind = 9"),
    ("AD_HOC_SUB_PROCESS_NO_RETRIES", "i.kind = 10"),
    ("FORM_NOT_FOUND", "i.kind = 11"),
    ("RESOURCE_NOT_FOUND", "i.kind = 12"),
];

const INCIDENT_STATES: &[(&str, &str)] =
    &[(INCIDENT_ACTIVE, "i.ended_at IS NULL"), (INCIDENT_RESOLVED, "i.ended_at IS NOT NULL")];

impl From<JobField> for Column {
    fn from(field: JobField) -> Self {
        match field {
            JobField::JobKey => Required("j.key"),
            JobField::Type => Required("j.job_type"),
            JobField::Kind => Names(JOB_KINDS),
            JobField::Priority => Required("j.priority"),
            JobField::State => Names(JOB_STATES),
            JobField::Worker => Nullable("j.worker"),
            JobField::Retries => Required("j.retries"),
            JobField::Deadline => Nullable("CASE WHEN j.state IN (1, 2) THEN j.due END"),
            JobField::ElementId => Required("e.element_id"),
            JobField::ElementInstanceKey => Required("j.element_instance_key"),
            JobField::ProcessInstanceKey => Required("j.process_instance_key"),
            JobField::ProcessDefinitionKey => Required("j.definition_key"),
            JobField::ProcessDefinitionId => Required("d.bpmn_process_id"),
            JobField::TenantId => Required("j.tenant_id"),
        }
    }
}

const JOB_STATES: &[(&str, &str)] = &[(JOB_CREATED, "j.state <> 3"), (JOB_FAILED, "j.state = 3")];

const JOB_KINDS: &[(&str, &str)] = &[
    ("BPMN_ELEMENT", "j.kind = 0"),
    ("EXECUTION_LISTENER", "j.kind IN (1, 2)"),
    ("TASK_LISTENER", "j.kind = 3"),
    ("AD_HOC_SUB_PROCESS", "j.kind = 4"),
];

impl From<VariableField> for Column {
    fn from(field: VariableField) -> Self {
        match field {
            VariableField::VariableKey => Required("v.key"),
            VariableField::Name => Required("v.name"),
            VariableField::Value => Required("v.value"),
            VariableField::ScopeKey => Required("v.scope_key"),
            VariableField::ProcessInstanceKey => Required("v.process_instance_key"),
            VariableField::TenantId => Required("p.tenant_id"),
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::state::{IncidentKind, InstanceStatus, UserTaskState};

    use super::{INCIDENT_KINDS, INSTANCE_STATES, USER_TASK_STATES};

    fn names<'n>(column: &[(&'n str, &str)]) -> Vec<&'n str> {
        column.iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn names_are_those_of_the_states() {
        assert_eq!(
            names(INSTANCE_STATES),
            [InstanceStatus::Active, InstanceStatus::Completed, InstanceStatus::Terminated]
                .map(InstanceStatus::name)
        );
        assert_eq!(
            names(USER_TASK_STATES),
            [UserTaskState::Created, UserTaskState::Completed, UserTaskState::Canceled]
                .map(UserTaskState::name)
        );
        assert_eq!(names(INCIDENT_KINDS), IncidentKind::ALL.map(IncidentKind::name));
    }
}
