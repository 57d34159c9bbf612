//! What can be said of an element in a run, and how two runs compare.

use std::collections::BTreeMap;
use std::fmt;

/// One thing that has happened in a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    Entered(String),
    /// Left on its normal way.
    Completed(String),
    /// Ended from outside.
    Terminated(String),
    /// A throwing event that ends what is around it: whether that counts as its own end is the engine's affair.
    Left(String),
    /// A token has come along a sequence flow.
    Took(String),
}

impl Fact {
    /// A fact of an element that is left: the element throws something, or has completed, or has not.
    pub(super) fn left(element: &str, throws: bool, completed: bool) -> Self {
        let element = element.to_owned();
        match (throws, completed) {
            (true, _) => Self::Left(element),
            (false, true) => Self::Completed(element),
            (false, false) => Self::Terminated(element),
        }
    }

    /// Whether it says that this element was left, however.
    pub(super) fn is_leaving(&self, element: &str) -> bool {
        matches!(self, Self::Completed(id) | Self::Terminated(id) | Self::Left(id) if id == element)
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered(element) => write!(f, "{element} entered"),
            Self::Completed(element) => write!(f, "{element} completed"),
            Self::Terminated(element) => write!(f, "{element} terminated"),
            Self::Left(element) => write!(f, "{element} left"),
            Self::Took(flow) => write!(f, "{flow} taken"),
        }
    }
}

/// How two sets of facts differ; `None` when they do not. Order does not count, numbers do.
pub(super) fn difference(expected: &[Fact], found: &[Fact]) -> Option<String> {
    let mut balance: BTreeMap<&Fact, isize> = BTreeMap::new();
    for fact in expected {
        *balance.entry(fact).or_default() += 1;
    }
    for fact in found {
        *balance.entry(fact).or_default() -= 1;
    }
    let list = |wanted: fn(isize) -> bool| {
        let facts = balance.iter().filter(|(_, count)| wanted(**count)).map(|(fact, _)| fact.to_string());
        facts.collect::<Vec<_>>().join(", ")
    };
    let (missing, surplus) = (list(|count| count > 0), list(|count| count < 0));
    let parts = [("not found: ", missing), ("not expected: ", surplus)];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(head, list)| format!("{head}{list}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The first fact that was found before another on which it rests. `rests_on` holds pairs of places in `expected`; the
/// n-th fact of a kind there stands for the n-th one found.
pub(super) fn disorder(expected: &[Fact], found: &[Fact], rests_on: &[(usize, usize)]) -> Option<String> {
    let mut places: BTreeMap<&Fact, Vec<usize>> = BTreeMap::new();
    for (place, fact) in found.iter().enumerate() {
        places.entry(fact).or_default().push(place);
    }
    let mut seen: BTreeMap<&Fact, usize> = BTreeMap::new();
    let found_at: Vec<Option<usize>> = expected
        .iter()
        .map(|fact| {
            let number = seen.entry(fact).or_default();
            *number += 1;
            places.get(fact)?.get(*number - 1).copied()
        })
        .collect();
    rests_on.iter().find_map(|(later, earlier)| {
        let wrong = found_at[*later]? < found_at[*earlier]?;
        wrong.then(|| format!("{} before {}", expected[*later], expected[*earlier]))
    })
}
