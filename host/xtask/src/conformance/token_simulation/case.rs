//! One case: a run is driven as its expected trace tells, and compared with it.

use super::fact::{Fact, difference, disorder};
use super::model::Model;
use super::rewrite;
use super::script::{Cue, Line, Script, What};
use super::world::World;

/// A model that behaves as its trace tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passed {
    /// Why a deployment would refuse it, if it would: BPMN allows more than Camunda does.
    pub(super) refused: Option<String>,
}

/// Whether the model behaves as the trace tells; how it does not, otherwise.
pub(super) fn run(model: &Model<'_>, lines: &[Line<'_>]) -> Result<Passed, String> {
    if model.processes.is_empty() {
        return Err("the model has no process".to_owned());
    }
    let script = Script::read(model, lines);
    let rewritten = rewrite::rewrite(model, &script);
    let mut world = World::new(model, &rewritten, &script.choices)?;
    // Facts before the last thing that was done from outside: what was expected and found until then is the same.
    let (mut expected_until, mut found_until) = (0, 0);
    for cue in &script.cues {
        // An event may happen because of what was held.
        while matches!(cue.what, What::Happen) && !has_been(cue, &world.observer.facts) {
            if !world.release(None).map_err(|error| error.to_string())? {
                break;
            }
        }
        if has_been(cue, &world.observer.facts) {
            continue;
        }
        if cue.is_from_outside {
            let (expected, found) =
                (&script.facts[expected_until..cue.after], &world.observer.facts[found_until..]);
            if let Some(difference) = difference(expected, found) {
                return Err(with_incidents(format!("before {}: {difference}", cue.element), &world));
            }
            (expected_until, found_until) = (cue.after, world.observer.facts.len());
        }
        act(cue, &mut world)
            .map_err(|error| with_incidents(format!("{} does not happen: {error}", cue.element), &world))?;
    }
    let (expected, found) = (&script.facts[expected_until..], &world.observer.facts[found_until..]);
    if let Some(difference) = difference(expected, found) {
        return Err(with_incidents(difference, &world));
    }
    match disorder(&script.facts, &world.observer.facts, &script.rests_on) {
        Some(disorder) => Err(disorder),
        None => Ok(Passed { refused: world.refused }),
    }
}

fn has_been(cue: &Cue, facts: &[Fact]) -> bool {
    let element = &cue.element;
    let count = match cue.what {
        What::Start(_) | What::Happen => {
            facts.iter().filter(|fact| matches!(fact, Fact::Entered(id) if id == element)).count()
        }
        What::Trigger | What::Finish | What::End => {
            facts.iter().filter(|fact| fact.is_leaving(element)).count()
        }
    };
    count > cue.number
}

fn act(cue: &Cue, world: &mut World<'_>) -> anyhow::Result<()> {
    match &cue.what {
        What::Start(beginnings) => world.start(&cue.element, beginnings),
        What::Happen | What::Trigger => world.trigger(&cue.element, cue.instance),
        What::Finish => world.finish(&cue.element, cue.instance),
        What::End => world.release(Some(&cue.element)).map(drop),
    }
}

fn with_incidents(what: String, world: &World<'_>) -> String {
    if world.observer.incidents.is_empty() {
        return what;
    }
    let incidents: Vec<_> = world.observer.incidents.iter().map(String::as_str).collect();
    format!("{what} (incidents: {})", incidents.join("; "))
}
