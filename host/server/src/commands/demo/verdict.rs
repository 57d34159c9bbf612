//! Whether everything happened as it has to, each thing once.

use super::cast::{Customer, END_REMINDED};
use super::timeline::Step;
use super::vendors::Entry;

/// How an instance ended.
pub(super) struct Ending {
    /// Whose it is.
    pub(super) customer: &'static Customer,
    /// What it went through, in order.
    pub(super) steps: Vec<Step>,
    /// Whether it has reached its end.
    pub(super) completed: bool,
}

impl Ending {
    /// Whether a reminder was sent.
    pub(super) fn reminded(&self) -> bool {
        self.steps.iter().any(|step| step.element == END_REMINDED)
    }
}

/// Everything that is not as it has to be, in words; empty when all is well.
pub(super) fn problems(endings: &[Ending], seen: &[Entry]) -> Vec<String> {
    let mut problems: Vec<String> = endings.iter().filter_map(problem_of).collect();
    let mut expected: Vec<Entry> =
        endings.iter().flat_map(|ending| ending.customer.expected_entries(ending.reminded())).collect();
    expected.sort();
    let mut seen = seen.to_vec();
    seen.sort();
    problems.extend(missing(&expected, &seen).map(|entry| format!("{} never saw: {entry}", entry.vendor())));
    problems
        .extend(missing(&seen, &expected).map(|entry| format!("{} saw too much: {entry}", entry.vendor())));
    problems
}

fn problem_of(ending: &Ending) -> Option<String> {
    let name = ending.customer.name;
    if !ending.completed {
        return Some(format!("{name}: the instance has not ended"));
    }
    if ending.customer.has_to_be_reminded() && !ending.reminded() {
        return Some(format!("{name}: no reminder was sent"));
    }
    let elements = ending.steps.iter().map(|step| step.element.as_str());
    let ends: Vec<&str> = elements.filter(|id| id.starts_with("End_") && *id != END_REMINDED).collect();
    (ends != [ending.customer.end])
        .then(|| format!("{name}: ended at {} instead of {}", ends.join(", "), ending.customer.end))
}

/// What is in one sorted list and not in the other, as often as it is missing.
fn missing<'e>(wanted: &'e [Entry], given: &[Entry]) -> impl Iterator<Item = &'e Entry> {
    let mut given = given.iter().peekable();
    wanted.iter().filter(move |entry| {
        while given.next_if(|other| other < entry).is_some() {}
        given.next_if_eq(entry).is_none()
    })
}

#[cfg(test)]
mod tests {
    use types::Timestamp;

    use super::super::cast::CUSTOMERS;
    use super::*;

    fn step(element: &str) -> Step {
        Step {
            element: element.to_owned(),
            entered: Timestamp::default(),
            left: Some(Timestamp::default()),
            failures: Vec::new(),
            error: None,
        }
    }

    fn endings() -> Vec<Ending> {
        let ending = |customer: &'static Customer| {
            let reminder = customer.has_to_be_reminded().then(|| step(END_REMINDED));
            let steps = reminder.into_iter().chain([step(customer.end)]).collect();
            Ending { customer, steps, completed: true }
        };
        CUSTOMERS.iter().map(ending).collect()
    }

    fn entries() -> Vec<Entry> {
        CUSTOMERS
            .iter()
            .flat_map(|customer| customer.expected_entries(customer.has_to_be_reminded()))
            .collect()
    }

    #[test]
    fn as_expected_in_any_order_is_well() {
        let mut seen = entries();
        seen.reverse();
        assert_eq!(problems(&endings(), &seen), Vec::<String>::new());
    }

    #[test]
    fn each_thing_missing_or_doubled_is_a_problem() {
        let entries = entries();
        for (index, entry) in entries.iter().enumerate() {
            let mut fewer = entries.clone();
            fewer.remove(index);
            assert_eq!(problems(&endings(), &fewer), [format!("{} never saw: {entry}", entry.vendor())]);
            let mut more = entries.clone();
            more.push(entry.clone());
            assert_eq!(problems(&endings(), &more), [format!("{} saw too much: {entry}", entry.vendor())]);
        }
    }

    #[test]
    fn an_instance_that_hangs_or_ends_elsewhere_is_a_problem() {
        let mut endings = endings();
        endings[0].completed = false;
        endings[1].steps.clear();
        let problems = problems(&endings, &entries());
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("has not ended") && problems[1].contains("instead of End_Rejected"));
    }

    #[test]
    fn a_reminder_more_is_well_when_it_was_sent_once() {
        let mut endings = endings();
        endings[0].steps.insert(0, step(END_REMINDED));
        let mut seen = entries();
        assert_eq!(problems(&endings, &seen).len(), 1, "the mail is missing");
        let reminder = endings[0].customer.expected_entries(true).remove(0);
        seen.push(reminder.clone());
        assert_eq!(problems(&endings, &seen), Vec::<String>::new());
        seen.push(reminder);
        assert_eq!(problems(&endings, &seen).len(), 1, "the mail was sent twice");
    }

    #[test]
    fn the_forgotten_customer_has_to_be_reminded() {
        let mut endings = endings();
        for ending in &mut endings {
            ending.steps.retain(|step| step.element != END_REMINDED);
        }
        let seen: Vec<Entry> =
            CUSTOMERS.iter().flat_map(|customer| customer.expected_entries(false)).collect();
        assert_eq!(problems(&endings, &seen), ["Grace Hopper: no reminder was sent"]);
    }
}
