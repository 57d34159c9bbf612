//! The table `user_task`.

use engine::state::{UserTask, UserTaskState};

use types::UserTaskKey;

use crate::sql::Kind::{Bytes, Integer, Text, Texts};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<UserTaskKey, UserTask> = Table {
    shape: Shape {
        name: "user_task",
        columns: &[
            ("key", Integer),
            ("process_instance_key", Integer),
            ("definition_key", Integer),
            ("tenant_id", Text),
            ("element_instance_key", Integer),
            ("element_id", Text),
            ("state", Integer),
            ("assignee", Text),
            ("candidate_groups", Texts),
            ("candidate_users", Texts),
            ("due_date", Integer),
            ("follow_up_date", Integer),
            ("priority", Integer),
            ("form_key", Text),
            ("external_form_reference", Text),
            ("created_at", Integer),
            ("ended_at", Integer),
            ("pending", Bytes),
            ("form", Integer),
        ],
        key_columns: 1,
        changing: &[
            "state",
            "assignee",
            "candidate_groups",
            "candidate_users",
            "due_date",
            "follow_up_date",
            "priority",
            "ended_at",
            "pending",
        ],
        migrating: &["definition_key", "element_id"],
    },
    changes: |changes| &changes.user_tasks,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str = "u.key, u.element_instance_key, u.element_id, u.state, u.assignee, \
     u.candidate_groups, u.candidate_users, u.due_date, u.follow_up_date, u.priority, u.form_key, \
     u.external_form_reference, u.created_at, u.ended_at, u.pending, u.form";

/// Where the open ones of an instance are.
pub(crate) const OF_INSTANCE: &str = "user_task u WHERE u.process_instance_key = $1 AND u.state = 0";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, task: &'b UserTask) {
    values
        .key(task.key.0)
        .key(origin.key.0)
        .key(origin.definition.0)
        .text(origin.tenant.as_str())
        .key(task.element_instance.0)
        .text(&task.element)
        .integer(state_code(task.state))
        .optional_text(task.assignee.as_deref())
        .texts(&task.candidate_groups)
        .texts(&task.candidate_users)
        .optional_time(task.due_date)
        .optional_time(task.follow_up_date)
        .integer(task.priority)
        .optional_text(task.form_key.as_deref())
        .optional_text(task.external_form_reference.as_deref())
        .time(task.created_at)
        .optional_time(task.ended_at)
        .optional_encoded(task.pending.as_ref())
        .optional_key(task.form.map(|form| form.0));
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<UserTask, Error> {
    Ok(UserTask {
        key: columns.key()?,
        element_instance: columns.key()?,
        element: columns.text()?,
        state: state(columns.integer()?)?,
        assignee: columns.optional_text()?,
        candidate_groups: columns.texts()?,
        candidate_users: columns.texts()?,
        due_date: columns.optional_time()?,
        follow_up_date: columns.optional_time()?,
        priority: columns.number()?,
        form_key: columns.optional_text()?,
        external_form_reference: columns.optional_text()?,
        created_at: columns.time()?,
        ended_at: columns.optional_time()?,
        pending: columns.optional_decoded()?,
        form: columns.optional_key()?,
    })
}

fn state_code(state: UserTaskState) -> i64 {
    match state {
        UserTaskState::Created => 0,
        UserTaskState::Completed => 1,
        UserTaskState::Canceled => 2,
    }
}

fn state(code: i64) -> Result<UserTaskState, Error> {
    match code {
        0 => Ok(UserTaskState::Created),
        1 => Ok(UserTaskState::Completed),
        2 => Ok(UserTaskState::Canceled),
        _ => Err(Error::Damaged(format!("user task state {code} is unknown"))),
    }
}
