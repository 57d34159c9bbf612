//! The table `user_task`.

use engine::state::{UserTask, UserTaskState};

use types::UserTaskKey;

use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::{Columns, Values};
use crate::sqlite::table::Table;
use crate::{Error, InstanceIdentity};

pub(in crate::sqlite) static TABLE: Table<UserTaskKey, UserTask> = Table {
    name: "user_task",
    changes: |changes| &changes.user_tasks,
    upsert: Bulk::new(
        "INSERT INTO user_task (key, process_instance_key, definition_key, tenant_id, element_instance_key, \
         element_id, state, assignee, candidate_groups, candidate_users, due_date, follow_up_date, priority, \
         form_key, external_form_reference, created_at, ended_at) VALUES ",
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        ",",
        " ON CONFLICT (key) DO UPDATE SET state = excluded.state, assignee = excluded.assignee, \
         candidate_groups = excluded.candidate_groups, candidate_users = excluded.candidate_users, \
         due_date = excluded.due_date, follow_up_date = excluded.follow_up_date, priority = excluded.priority, \
         ended_at = excluded.ended_at",
    ),
    delete: Bulk::new("DELETE FROM user_task WHERE key IN (", "?", ",", ")"),
    find: "SELECT 1 FROM user_task WHERE key = ?",
    bind,
    bind_key: |values, _, key| {
        values.push(key.get());
    },
};

pub(in crate::sqlite) const COLUMNS: &str = "u.key, u.element_instance_key, u.element_id, u.state, u.assignee, \
     u.candidate_groups, u.candidate_users, u.due_date, u.follow_up_date, u.priority, u.form_key, \
     u.external_form_reference, u.created_at, u.ended_at";

/// Where the open ones of an instance are.
pub(in crate::sqlite) const OF_INSTANCE: &str =
    "user_task u WHERE u.process_instance_key = ?1 AND u.state = 0";

fn bind(values: &mut Values, origin: &InstanceIdentity, task: &UserTask) {
    values
        .push(task.key.get())
        .push(origin.key.get())
        .push(origin.definition.get())
        .text(origin.tenant.as_str())
        .push(task.element_instance.get())
        .text(&task.element)
        .push(state_code(task.state))
        .optional_text(&task.assignee)
        .list(&task.candidate_groups)
        .list(&task.candidate_users)
        .optional_time(task.due_date)
        .optional_time(task.follow_up_date)
        .push(task.priority)
        .optional_text(&task.form_key)
        .optional_text(&task.external_form_reference)
        .time(task.created_at)
        .optional_time(task.ended_at);
}

pub(in crate::sqlite) fn read(columns: &mut Columns<'_>) -> Result<UserTask, Error> {
    Ok(UserTask {
        key: columns.key()?,
        element_instance: columns.key()?,
        element: columns.text()?,
        state: state(columns.take()?)?,
        assignee: columns.optional_text()?,
        candidate_groups: columns.list()?,
        candidate_users: columns.list()?,
        due_date: columns.optional_time()?,
        follow_up_date: columns.optional_time()?,
        priority: columns.number()?,
        form_key: columns.optional_text()?,
        external_form_reference: columns.optional_text()?,
        created_at: columns.time()?,
        ended_at: columns.optional_time()?,
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
