//! Whether everything happened as it has to, each thing once.

use super::cast::Customer;
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

/// Everything that is not as it has to be, in words; empty when all is well.
pub(super) fn problems(endings: &[Ending], seen: &[Entry]) -> Vec<String> {
    let mut problems: Vec<String> = endings.iter().filter_map(problem_of).collect();
    let mut expected: Vec<Entry> =
        endings.iter().flat_map(|ending| ending.customer.expected_entries()).collect();
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
    let ends: Vec<&str> =
        ending.steps.iter().map(|step| step.element.as_str()).filter(|id| id.starts_with("End_")).collect();
    (ends != ending.customer.ends).then(|| {
        format!("{name}: ended at {} instead of {}", ends.join(", "), ending.customer.ends.join(", "))
    })
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

    fn endings() -> Vec<Ending> {
        let step = |id: &&str| Step {
            element: (*id).to_owned(),
            entered: Timestamp::default(),
            left: Some(Timestamp::default()),
            failures: Vec::new(),
            error: None,
        };
        let ending = |customer: &'static Customer| Ending {
            customer,
            steps: customer.ends.iter().map(step).collect(),
            completed: true,
        };
        CUSTOMERS.iter().map(ending).collect()
    }

    fn entries() -> Vec<Entry> {
        CUSTOMERS.iter().flat_map(Customer::expected_entries).collect()
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
}
