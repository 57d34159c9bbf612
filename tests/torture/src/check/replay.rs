//! The rows of an instance are what its history leads to.

use engine::InstanceState;

use super::Violation;
use super::database::Instance;

/// Replays the history and compares.
pub fn check(instance: &Instance) -> Option<Violation> {
    let key = instance.record.key;
    let unreadable = |reason: String| Some(Violation::Unreadable { key, reason });
    let history = match &instance.history {
        Ok(history) => history,
        Err(error) => return unreadable(format!("history: {error}")),
    };
    let Some(rows) = instance.rows.clone() else { return unreadable("there are no rows".to_owned()) };
    let stored = match InstanceState::load(rows, &instance.process) {
        Ok(stored) => stored,
        Err(error) => return unreadable(format!("rows: {error}")),
    };
    let mut replayed = InstanceState::default();
    for event in history.iter().flat_map(|entry| &entry.events) {
        replayed.apply(event, &instance.process);
    }
    // As after a commit: what has ended is no longer there.
    drop(replayed.take_changes());
    (stored != replayed).then(|| Violation::RowsDiffer { key, part: difference(&stored, &replayed) })
}

/// The first part in which two states differ.
fn difference(stored: &InstanceState, replayed: &InstanceState) -> String {
    fn part(name: &str, stored: String, replayed: String) -> Option<String> {
        (stored != replayed).then(|| format!("{name}: stored {stored}, replayed {replayed}"))
    }
    macro_rules! listed {
        ($state:expr, $part:ident) => {
            format!("{:?}", $state.$part().collect::<Vec<_>>())
        };
    }
    macro_rules! compared {
        ($($part:ident)*) => {
            None$(.or_else(|| part(stringify!($part), listed!(stored, $part), listed!(replayed, $part))))*
        };
    }
    part("instance", format!("{:?}", stored.instance()), format!("{:?}", replayed.instance()))
        .or_else(|| compared!(tokens jobs timers user_tasks incidents elements))
        .unwrap_or_else(|| "variables".to_owned())
}
