//! The rows say what replaying the journal says, and the journal is what was written.

use engine::InstanceState;

use super::{Checker, Findings};
use crate::evidence::{Evidence, Instance};

/// Characters of a state that a violation shows.
const SHOWN_CHARS: usize = 1_000;

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for (key, instance) in &evidence.instances {
        let written = instance.writes.iter().flat_map(|write| &write.entries);
        if !written.eq(&instance.journal) {
            found.add(Checker::Replay, Some(*key), "the journal is not what was written".to_owned());
        }
        if let Err(what) = rows_are_replayed(instance) {
            found.add(Checker::Replay, Some(*key), what);
        }
    }
}

fn rows_are_replayed(Instance { process, rows, journal, .. }: &Instance) -> Result<(), String> {
    let Some(rows) = rows.clone() else {
        return if journal.is_empty() { Ok(()) } else { Err("a journal and no rows".to_owned()) };
    };
    let mut replayed = InstanceState::default();
    for event in journal.iter().flat_map(|entry| &entry.events) {
        replayed.apply(event, process);
    }
    let _ = replayed.take_changes();
    let loaded = InstanceState::load(rows, process).map_err(|error| error.to_string())?;
    if loaded == replayed {
        return Ok(());
    }
    Err(format!("the rows say {}, the journal says {}", excerpt(&loaded), excerpt(&replayed)))
}

fn excerpt(state: &InstanceState) -> String {
    format!("{state:?}").chars().take(SHOWN_CHARS).collect()
}
