//! Events of the journal as JSON: `{"type": "ELEMENT_ENTERED", …}` with fields in camel case.

use engine::Event;
use engine::state::{Awaited, ElementState, Role, Sequel, TaskChangeKind};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use store::search::names::job_kind;
use types::{SharedStr, Timestamp};

/// An event as JSON.
pub(super) struct EventView(pub(super) Event);

/// A time as JSON.
struct At(Timestamp);

/// A time that may be missing.
struct MaybeAt(Option<Timestamp>);

macro_rules! object {
    ($serializer:expr, $kind:literal $(, $name:literal: $value:expr)* $(,)?) => {{
        let mut object = $serializer.serialize_map(None)?;
        object.serialize_entry("type", $kind)?;
        $(object.serialize_entry($name, &$value)?;)*
        object.end()
    }};
}

impl Serialize for EventView {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Event::InstanceCreated {
                key,
                definition,
                bpmn_process_id,
                version,
                tenant,
                at,
                version_tag,
                business_id,
                tags,
                caller,
                started_by,
                scope_state: _,
            } => object!(s, "INSTANCE_CREATED",
                "processInstanceKey": key,
                "processDefinitionKey": definition,
                "processDefinitionId": bpmn_process_id,
                "processDefinitionVersion": version,
                "processDefinitionVersionTag": version_tag,
                "tenantId": tenant,
                "businessId": business_id,
                "tags": tags,
                "parentProcessInstanceKey": caller.as_ref().map(|caller| caller.instance),
                "parentElementInstanceKey": caller.as_ref().map(|caller| caller.element_instance),
                "messageName": started_by.as_ref().map(|mailbox| &mailbox.name),
                "at": At(*at),
            ),
            Event::InstanceCompleted { at } => object!(s, "INSTANCE_COMPLETED", "at": At(*at)),
            Event::InstanceTerminated { at } => object!(s, "INSTANCE_TERMINATED", "at": At(*at)),
            Event::EndPlanned { after } => object!(s, "END_PLANNED", "elementIds": after),
            Event::Paused {} => object!(s, "PAUSED"),
            Event::Resumed {} => object!(s, "RESUMED"),
            Event::Suspended {} => object!(s, "SUSPENDED"),
            Event::Unsuspended {} => object!(s, "UNSUSPENDED"),
            Event::InstanceMigrated { definition, bpmn_process_id, version, version_tag, renamed } => {
                object!(s, "INSTANCE_MIGRATED",
                    "processDefinitionKey": definition,
                    "processDefinitionId": bpmn_process_id,
                    "processDefinitionVersion": version,
                    "processDefinitionVersionTag": version_tag,
                    "renamed": renamed.iter().map(|id| (&id.from, &id.to)).collect::<Vec<_>>(),
                )
            }

            Event::TokenParked { scope, flow } => {
                object!(s, "TOKEN_PARKED", "scopeKey": scope, "sequenceFlowId": flow)
            }
            Event::TokenTaken { scope, flow } => {
                object!(s, "TOKEN_TAKEN", "scopeKey": scope, "sequenceFlowId": flow)
            }

            Event::ElementEntered { key, scope, element, flow, state, at, role } => {
                object!(s, "ELEMENT_ENTERED",
                    "elementInstanceKey": key,
                    "scopeKey": scope,
                    "elementId": element,
                    "sequenceFlowId": flow,
                    "state": state_name(*state),
                    "isLoop": matches!(role, Some(Role::Loop)),
                    "loopCounter": match role {
                        Some(Role::Item { counter }) => Some(counter),
                        _ => None,
                    },
                    "at": At(*at),
                )
            }
            Event::ElementActivated { key } => object!(s, "ELEMENT_ACTIVATED", "elementInstanceKey": key),
            Event::ElementCompleting { key } => object!(s, "ELEMENT_COMPLETING", "elementInstanceKey": key),
            Event::ElementCompleted { key, at } => {
                object!(s, "ELEMENT_COMPLETED", "elementInstanceKey": key, "at": At(*at))
            }
            Event::ElementTerminated { key, at } => {
                object!(s, "ELEMENT_TERMINATED", "elementInstanceKey": key, "at": At(*at))
            }

            Event::ElementTerminating { key, sequel } => object!(s, "ELEMENT_TERMINATING",
                "elementInstanceKey": key,
                "sequel": sequel.as_ref().map(sequel_name),
                "elementId": sequel.as_ref().and_then(sequel_event),
            ),
            Event::ScopeEmptying { key, sequel } => object!(s, "SCOPE_EMPTYING",
                "elementInstanceKey": key,
                "sequel": sequel_name(sequel),
                "elementId": sequel_event(sequel),
            ),
            Event::ScopeEmptied { key } => object!(s, "SCOPE_EMPTIED", "elementInstanceKey": key),
            Event::CalledEnded { key } => object!(s, "CALLED_ENDED", "elementInstanceKey": key),
            Event::ListenerCompleted { key } => object!(s, "LISTENER_COMPLETED", "elementInstanceKey": key),
            Event::LoopStarted { key, total, items, .. } => object!(s, "LOOP_STARTED",
                "elementInstanceKey": key,
                "total": total,
                "items": items,
            ),
            Event::LoopResultKept { key, counter, value } => object!(s, "LOOP_RESULT_KEPT",
                "elementInstanceKey": key,
                "loopCounter": counter,
                "value": value,
            ),
            Event::LoopClosed { key, .. } => object!(s, "LOOP_CLOSED", "elementInstanceKey": key),
            Event::ProcessCalled { key, instance } => object!(s, "PROCESS_CALLED",
                "elementInstanceKey": key,
                "calledProcessInstanceKey": instance,
            ),

            Event::VariableSet { key, scope, name, value } => object!(s, "VARIABLE_SET",
                "variableKey": key,
                "scopeKey": scope,
                "name": name,
                "value": value,
            ),

            Event::JobCreated { key, element_instance, job_type, retries, headers: _, kind, priority } => {
                object!(s, "JOB_CREATED",
                    "jobKey": key,
                    "elementInstanceKey": element_instance,
                    "jobType": job_type,
                    "retries": retries,
                    "kind": job_kind(kind.unwrap_or_default()),
                    "priority": priority.unwrap_or_default(),
                )
            }
            Event::JobActivated { job, attempt, worker, deadline } => object!(s, "JOB_ACTIVATED",
                "jobKey": job,
                "attempt": attempt,
                "worker": worker,
                "deadline": At(*deadline),
            ),
            Event::JobStarted { job, attempt, worker, deadline } => object!(s, "JOB_STARTED",
                "jobKey": job,
                "attempt": attempt,
                "worker": worker,
                "deadline": At(*deadline),
            ),
            Event::JobInterrupted { job, retries } => {
                object!(s, "JOB_INTERRUPTED", "jobKey": job, "retries": retries)
            }
            Event::JobTimedOut { job, retries } => {
                object!(s, "JOB_TIMED_OUT", "jobKey": job, "retries": retries)
            }
            Event::JobCompleted { job } => object!(s, "JOB_COMPLETED", "jobKey": job),
            Event::JobFailed { job, retries, retry_at, message } => object!(s, "JOB_FAILED",
                "jobKey": job,
                "retries": retries,
                "retryAt": At(*retry_at),
                "message": message,
            ),
            Event::JobErrorThrown { job, code, message } => object!(s, "JOB_ERROR_THROWN",
                "jobKey": job,
                "errorCode": code,
                "message": message,
            ),
            Event::JobErrorUncaught { job, code, message } => object!(s, "JOB_ERROR_UNCAUGHT",
                "jobKey": job,
                "errorCode": code,
                "message": message,
            ),
            Event::JobRetriesUpdated { job, retries } => {
                object!(s, "JOB_RETRIES_UPDATED", "jobKey": job, "retries": retries)
            }
            Event::JobDeadlineUpdated { job, deadline } => {
                object!(s, "JOB_DEADLINE_UPDATED", "jobKey": job, "deadline": At(*deadline))
            }
            Event::JobPostponed { job, retry_at } => {
                object!(s, "JOB_POSTPONED", "jobKey": job, "retryAt": At(*retry_at))
            }
            Event::JobParked { job, deadline } => {
                object!(s, "JOB_PARKED", "jobKey": job, "deadline": At(*deadline))
            }
            Event::JobReleased { job } => object!(s, "JOB_RELEASED", "jobKey": job),
            Event::JobCanceled { job, .. } => object!(s, "JOB_CANCELED", "jobKey": job),
            // A checkpoint is its writer's own affair: only its size is told.
            Event::CheckpointSaved { job, attempt, value, writer_version } => {
                object!(s, "CHECKPOINT_SAVED",
                    "jobKey": job,
                    "attempt": attempt,
                    "sizeBytes": value.len(),
                    "writer": writer_version,
                )
            }

            Event::TimerCreated { key, element_instance, element, due, fired, trigger: _ } => {
                object!(s, "TIMER_CREATED",
                    "timerKey": key,
                    "elementInstanceKey": element_instance,
                    "elementId": element,
                    "due": At(*due),
                    "fired": fired,
                )
            }
            Event::TimerTriggered { key } => object!(s, "TIMER_TRIGGERED", "timerKey": key),

            Event::UserTaskCreated {
                key,
                element_instance,
                assignee,
                candidate_groups,
                candidate_users,
                due_date,
                follow_up_date,
                priority,
                form_key,
                external_form_reference,
                form: linked,
                at,
            } => object!(s, "USER_TASK_CREATED",
                "userTaskKey": key,
                "elementInstanceKey": element_instance,
                "assignee": assignee,
                "candidateGroups": candidate_groups,
                "candidateUsers": candidate_users,
                "dueDate": MaybeAt(*due_date),
                "followUpDate": MaybeAt(*follow_up_date),
                "priority": priority,
                "form": form_key,
                "formKey": linked,
                "externalFormReference": external_form_reference,
                "at": At(*at),
            ),
            Event::UserTaskAssigned { key, assignee } => {
                object!(s, "USER_TASK_ASSIGNED", "userTaskKey": key, "assignee": assignee)
            }
            Event::UserTaskUpdated {
                key,
                candidate_groups,
                candidate_users,
                due_date,
                follow_up_date,
                priority,
            } => {
                object!(s, "USER_TASK_UPDATED",
                    "userTaskKey": key,
                    "candidateGroups": candidate_groups,
                    "candidateUsers": candidate_users,
                    "dueDate": MaybeAt(*due_date),
                    "followUpDate": MaybeAt(*follow_up_date),
                    "priority": priority,
                )
            }
            Event::UserTaskCompleted { key, at } => {
                object!(s, "USER_TASK_COMPLETED", "userTaskKey": key, "at": At(*at))
            }

            Event::UserTaskChangePending { key, change } => object!(s, "USER_TASK_CHANGE_PENDING",
                "userTaskKey": key,
                "change": change_name(change.kind),
                "listenersDone": change.listeners_done,
            ),
            Event::UserTaskChangeDecided { key, corrections, denied_reason } => {
                object!(s, "USER_TASK_CHANGE_DECIDED",
                    "userTaskKey": key,
                    "isDenied": corrections.is_none(),
                    "deniedReason": denied_reason,
                )
            }

            Event::IncidentCreated { key, element_instance, job, kind, message, at } => {
                object!(s, "INCIDENT_CREATED",
                    "incidentKey": key,
                    "elementInstanceKey": element_instance,
                    "jobKey": job,
                    "errorType": kind.name(),
                    "message": message,
                    "at": At(*at),
                )
            }
            Event::IncidentResolved { key, at } => {
                object!(s, "INCIDENT_RESOLVED", "incidentKey": key, "at": At(*at))
            }

            Event::SubscriptionOpened { key, element_instance, element, trigger: _, awaited } => {
                let (kind, name, correlation_key) = awaited_names(awaited);
                object!(s, "SUBSCRIPTION_OPENED",
                    "subscriptionKey": key,
                    "elementInstanceKey": element_instance,
                    "elementId": element,
                    "awaited": kind,
                    "name": name,
                    "correlationKey": correlation_key,
                )
            }
            Event::SubscriptionTriggered { key, message, signal } => object!(s, "SUBSCRIPTION_TRIGGERED",
                "subscriptionKey": key,
                "messageKey": message,
                "signalKey": signal,
            ),
            Event::SubscriptionClosed { key } => object!(s, "SUBSCRIPTION_CLOSED", "subscriptionKey": key),
            Event::ConditionSeen { key, holds, left } => object!(s, "CONDITION_SEEN",
                "subscriptionKey": key,
                "holds": holds,
                "leftToLaterStep": left.is_some(),
            ),

            Event::CompensationKept { key, scope, activity, variables, .. } => {
                object!(s, "COMPENSATION_KEPT",
                    "compensationKey": key,
                    "scopeKey": scope,
                    "elementId": activity,
                    "variables": variables,
                )
            }
            Event::CompensationMoved { key, scope, .. } => {
                object!(s, "COMPENSATION_MOVED", "compensationKey": key, "scopeKey": scope)
            }
            Event::CompensationStarted { key, undone_by, handler, .. } => object!(s, "COMPENSATION_STARTED",
                "compensationKey": key,
                "undoneByElementInstanceKey": undone_by,
                "handlerElementInstanceKey": handler,
            ),
            Event::CompensationReleased { key, .. } => {
                object!(s, "COMPENSATION_RELEASED", "compensationKey": key)
            }
            Event::CompensationEnded { key } => object!(s, "COMPENSATION_ENDED", "compensationKey": key),

            Event::DecisionEvaluated {
                key,
                element_instance,
                decision,
                decision_id,
                decision_version,
                output,
                evaluated,
                failure,
                at,
            } => object!(s, "DECISION_EVALUATED",
                "decisionEvaluationKey": key,
                "elementInstanceKey": element_instance,
                "decisionDefinitionKey": decision,
                "decisionDefinitionId": decision_id,
                "decisionDefinitionVersion": decision_version,
                "output": output,
                "failure": failure,
                "evaluated": evaluated,
                "at": At(*at),
            ),
        }
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::time::serialize(&self.0, serializer)
    }
}

impl Serialize for MaybeAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::time::optional::serialize(&self.0, serializer)
    }
}

fn state_name(state: ElementState) -> &'static str {
    match state {
        ElementState::Activating => "ACTIVATING",
        ElementState::Active => "ACTIVE",
        ElementState::Completing => "COMPLETING",
        ElementState::Terminating => "TERMINATING",
        ElementState::Emptying => "EMPTYING",
    }
}

/// What follows the end of what is being ended.
fn sequel_name(sequel: &Sequel) -> &'static str {
    match sequel {
        Sequel::Event { .. } => "EVENT",
        Sequel::Leave {} => "LEAVE",
        Sequel::Undo { .. } => "UNDO",
    }
}

/// The event that is entered then.
fn sequel_event(sequel: &Sequel) -> Option<&SharedStr> {
    match sequel {
        Sequel::Event { element, .. } => Some(element),
        Sequel::Leave {} | Sequel::Undo { .. } => None,
    }
}

/// Camunda's name for what is to become of a user task.
fn change_name(kind: TaskChangeKind) -> &'static str {
    match kind {
        TaskChangeKind::Create => "CREATING",
        TaskChangeKind::Assign => "ASSIGNING",
        TaskChangeKind::Update => "UPDATING",
        TaskChangeKind::Complete => "COMPLETING",
        TaskChangeKind::Cancel => "CANCELING",
    }
}

/// What is waited for: its kind, its name and its correlation key.
fn awaited_names(awaited: &Awaited) -> (&'static str, Option<&str>, Option<&str>) {
    match awaited {
        Awaited::Message { name, correlation_key } => ("MESSAGE", Some(name), Some(correlation_key)),
        Awaited::Signal { name } => ("SIGNAL", Some(name), None),
        Awaited::Condition { .. } => ("CONDITION", None, None),
    }
}
