//! User tasks.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::extension::Extensions;
use super::{form, header, listener};
use crate::findings::Reported;
use crate::model::{Text, UserTask, UserTaskImplementation};
use crate::reading::Reading;
use crate::timer::parse_date;
use crate::xml::{Node, NodeExt, describe};
use crate::{expression, rule};

/// Camunda's highest priority.
const PRIORITY_MAX: u8 = 100;

/// Reads a user task. A job type on it has no effect: users work on it, not workers.
pub(crate) fn user_task(
    reading: &mut Reading<'_>,
    node: Node<'_>,
    extensions: &Extensions<'_>,
    forms: &BTreeMap<Arc<str>, Arc<str>>,
) -> Result<UserTask, Reported> {
    let implementation = match extensions.get("userTask") {
        Some(_) => UserTaskImplementation::Managed,
        None => UserTaskImplementation::Job,
    };
    let assignment = extensions.get("assignmentDefinition");
    let schedule = extensions.get("taskSchedule");
    let assignee = text_of(reading, assignment, "assignee");
    let candidate_groups = text_of(reading, assignment, "candidateGroups");
    let candidate_users = text_of(reading, assignment, "candidateUsers");
    let due_date = date(reading, schedule, "dueDate", "due date");
    let follow_up_date = date(reading, schedule, "followUpDate", "follow-up date");
    let priority = priority(reading, extensions.get("priorityDefinition"));
    let form = form::form(reading, node, extensions, implementation, forms);
    let listeners = match implementation {
        UserTaskImplementation::Managed => listener::task_listeners(reading, extensions),
        UserTaskImplementation::Job => {
            listener::warn_of_task_listeners(reading, node, extensions);
            Ok(Vec::new())
        }
    };
    let headers = header::headers(reading, extensions.get("taskHeaders"));
    Ok(UserTask {
        implementation,
        assignee: assignee?,
        candidate_groups: candidate_groups?,
        candidate_users: candidate_users?,
        due_date: due_date?,
        follow_up_date: follow_up_date?,
        priority: priority?,
        form: form?,
        listeners: listeners?,
        headers: headers?,
    })
}

fn text_of(
    reading: &mut Reading<'_>,
    extension: Option<Node<'_>>,
    attribute: &str,
) -> Result<Option<Text>, Reported> {
    let text = extension.and_then(|extension| extension.text_of(attribute));
    text.map(|text| expression::text(reading, text)).transpose()
}

fn date(
    reading: &mut Reading<'_>,
    schedule: Option<Node<'_>>,
    attribute: &str,
    what: &str,
) -> Result<Option<Text>, Reported> {
    let date = text_of(reading, schedule, attribute)?;
    if let (Some(Text::Static(text)), Some(schedule)) = (&date, schedule)
        && let Err(error) = parse_date(text)
    {
        let message = format!("the {what} of {} is wrong: {error}", describe(schedule));
        reading.findings.refuse(rule::DATE_TIME, schedule.attribute_place(attribute), message)?;
    }
    Ok(date)
}

fn priority(reading: &mut Reading<'_>, definition: Option<Node<'_>>) -> Result<Option<Text>, Reported> {
    let priority = text_of(reading, definition, "priority")?;
    if let (Some(Text::Static(text)), Some(definition)) = (&priority, definition)
        && !text.parse().is_ok_and(|number: u8| number <= PRIORITY_MAX)
    {
        let owner = describe(definition);
        let message =
            format!("`{text}` is no priority for {owner}: give a whole number from 0 to {PRIORITY_MAX}");
        reading.findings.refuse(rule::PRIORITY, definition.attribute_place("priority"), message)?;
    }
    Ok(priority)
}
