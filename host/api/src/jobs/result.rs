//! What the jobs of task listeners and ad-hoc sub-processes answer beside variables.

use engine::command::{AdHocActivity, AdHocResult, JobResult, ListenerVerdict};
use engine::state::TaskCorrections;
use serde::Deserialize;
use types::{SharedStr, Timestamp, Variables};

use crate::limits::{INSTRUCTIONS_MAX, TASK_PRIORITY_MAX};
use crate::problem::Problem;

/// `result` of a completion.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Answer {
    /// Of a task listener.
    #[serde(rename_all = "camelCase")]
    UserTask {
        #[serde(default)]
        denied: Option<bool>,
        #[serde(default)]
        denied_reason: Option<SharedStr>,
        #[serde(default)]
        corrections: Option<Corrections>,
    },
    /// Of an ad-hoc sub-process.
    #[serde(rename_all = "camelCase")]
    AdHocSubProcess {
        #[serde(default)]
        activate_elements: Option<Vec<Activity>>,
        #[serde(default)]
        is_completion_condition_fulfilled: Option<bool>,
        #[serde(default)]
        is_cancel_remaining_instances: Option<bool>,
    },
}

/// What is missing or `null` stays as it is; an empty text clears, an empty list too.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Corrections {
    assignee: Option<SharedStr>,
    due_date: Option<String>,
    follow_up_date: Option<String>,
    candidate_users: Option<Vec<SharedStr>>,
    candidate_groups: Option<Vec<SharedStr>>,
    priority: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Activity {
    element_id: SharedStr,
    #[serde(default)]
    variables: Option<Variables>,
}

impl Answer {
    pub(super) fn into_result(self, variables: Variables) -> Result<JobResult, Problem> {
        match self {
            Self::UserTask { denied, denied_reason, corrections } => {
                if !variables.is_empty() {
                    return Err(Problem::invalid_argument(
                        "variables: the job of a task listener sets none, its corrections are in `result`",
                    ));
                }
                let corrections = corrections.map_or(Ok(TaskCorrections::default()), Corrections::checked)?;
                let denied = denied.unwrap_or(false);
                if denied && corrections != TaskCorrections::default() {
                    return Err(Problem::invalid_argument(
                        "result.corrections: what is denied cannot be corrected",
                    ));
                }
                Ok(JobResult::TaskListener(ListenerVerdict { denied, denied_reason, corrections }))
            }
            Self::AdHocSubProcess {
                activate_elements,
                is_completion_condition_fulfilled,
                is_cancel_remaining_instances,
            } => {
                let activities = activate_elements.unwrap_or_default();
                if activities.len() > INSTRUCTIONS_MAX {
                    return Err(Problem::invalid_argument(format!(
                        "result.activateElements: at most {INSTRUCTIONS_MAX} are allowed"
                    )));
                }
                let activities = activities.into_iter().map(|activity| AdHocActivity {
                    element: activity.element_id,
                    variables: activity.variables.unwrap_or_default(),
                });
                Ok(JobResult::AdHoc(AdHocResult {
                    variables,
                    activities: activities.collect(),
                    is_done: is_completion_condition_fulfilled.unwrap_or(false),
                    cancels_remaining: is_cancel_remaining_instances.unwrap_or(false),
                }))
            }
        }
    }
}

impl Corrections {
    fn checked(self) -> Result<TaskCorrections, Problem> {
        let priority = match self.priority {
            None => None,
            Some(priority) => Some(
                u8::try_from(priority).ok().filter(|priority| *priority <= TASK_PRIORITY_MAX).ok_or_else(
                    || {
                        Problem::invalid_argument(format!(
                            "result.corrections.priority: {priority} is not between 0 and {TASK_PRIORITY_MAX}"
                        ))
                    },
                )?,
            ),
        };
        Ok(TaskCorrections {
            assignee: self.assignee,
            candidate_groups: self.candidate_groups,
            candidate_users: self.candidate_users,
            due_date: date("result.corrections.dueDate", self.due_date)?,
            follow_up_date: date("result.corrections.followUpDate", self.follow_up_date)?,
            priority,
        })
    }
}

fn date(field: &str, text: Option<String>) -> Result<Option<Timestamp>, Problem> {
    match text.as_deref() {
        None => Ok(None),
        Some("") => Ok(Some(Timestamp::MAX)),
        Some(text) => crate::time::parse(text)
            .map(Some)
            .map_err(|error| Problem::invalid_argument(format!("{field}: {error}"))),
    }
}
