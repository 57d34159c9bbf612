//! Every checker finds the fault that it is for, planted in the history, the rows or the answers of a sound instance.

mod life;

use engine::Event;
use engine::journal::Entry;
use store::sqlite::{Options, SqliteStore};
use types::{Key, ProcessInstanceKey, UserTaskKey};

use super::acknowledged::{Asked, Fate, Found};
use super::database::Instance;
use super::history::{self, Keys};
use super::orphans::Database;
use super::{Violation, panics, replay};
use life::Life;

/// What the checkers of single instances find.
fn found_in(instance: &Instance) -> Vec<Violation> {
    let mut keys = Keys::default();
    let mut violations = history::check(instance, &mut keys);
    violations.extend(keys.check());
    violations.extend(replay::check(instance));
    violations
}

/// The checkers find it, when it is planted in an instance that has ended.
fn finds(plant: impl FnOnce(&mut Vec<Entry>), expected: impl Fn(&Violation) -> bool) {
    let mut instance = Life::begin().ended().instance();
    assert_eq!(found_in(&instance), [], "before anything is planted");
    plant(instance.history.as_mut().expect("a history of this release"));
    let found = found_in(&instance);
    assert!(found.iter().any(expected), "{found:?}");
}

/// Takes an event out, with its entry's place.
fn take(history: &mut [Entry], wanted: impl Fn(&Event) -> bool) -> (usize, Event) {
    for (place, entry) in history.iter_mut().enumerate() {
        if let Some(index) = entry.events.iter().position(&wanted) {
            return (place, entry.events.remove(index));
        }
    }
    panic!("the history has no such event");
}

/// Lets an event happen once more.
fn repeat(history: &mut [Entry], wanted: impl Fn(&Event) -> bool) {
    let (place, event) = take(history, wanted);
    history[place].events.extend([event.clone(), event]);
}

#[test]
fn sound_instances_pass_at_every_step() {
    let mut life = Life::begin();
    let mut steps = 1;
    assert_eq!(found_in(&life.instance()), []);
    while life.step() {
        steps += 1;
        assert_eq!(found_in(&life.instance()), [], "after {steps} steps");
    }
    assert!(steps > 8, "{steps} steps");
}

#[test]
fn what_happens_twice_is_found() {
    let too_often = |wanted: &'static str| move |violation: &Violation| matches!(violation, Violation::TooOften { what, .. } if *what == wanted);
    finds(
        |history| repeat(history, |event| matches!(event, Event::JobCompleted { .. })),
        too_often("completion of job"),
    );
    finds(|history| repeat(history, |event| matches!(event, Event::JobStarted { .. })), too_often("attempt"));
    finds(
        |history| repeat(history, |event| matches!(event, Event::TimerTriggered { .. })),
        too_often("firing of timer"),
    );
    finds(
        |history| repeat(history, |event| matches!(event, Event::UserTaskCompleted { .. })),
        too_often("completion of user task"),
    );
    finds(
        |history| repeat(history, |event| matches!(event, Event::ElementCompleted { .. })),
        too_often("end of element instance"),
    );
    finds(
        |history| repeat(history, |event| matches!(event, Event::InstanceCompleted { .. })),
        too_often("end"),
    );
    // A second job for the same element, as a lost token would make it: under keys of its own.
    finds(
        |history| {
            let (place, event) = take(history, |event| matches!(event, Event::ElementEntered { .. }));
            let mut again = event.clone();
            if let Event::ElementEntered { key, .. } = &mut again {
                *key = types::ElementInstanceKey::from_i64(key.get() + 1_000);
            }
            history[place].events.extend([event, again]);
        },
        too_often("entering of"),
    );
}

#[test]
fn an_element_that_is_left_before_its_work_is_done_is_found() {
    let completed_over = |wanted: &'static str| move |violation: &Violation| matches!(violation, Violation::CompletedOver { what, .. } if *what == wanted);
    finds(
        |history| drop(take(history, |event| matches!(event, Event::JobCompleted { .. }))),
        completed_over("job"),
    );
    finds(
        |history| drop(take(history, |event| matches!(event, Event::UserTaskCompleted { .. }))),
        completed_over("user task"),
    );
}

#[test]
fn a_panic_is_found() {
    let log = "WARN a slow disk\n\nthread 'main' (7) panicked at host/engine/src/lib.rs:3:5:\nno such token\nnote\n";
    let found = panics::check(log);
    let told = "thread 'main' (7) panicked at host/engine/src/lib.rs:3:5: no such token";
    assert_eq!(found, [Violation::Panicked(told.to_owned())]);
    assert_eq!(panics::check("WARN a slow disk\n"), []);
}

#[test]
fn a_timer_that_fires_early_is_found() {
    finds(
        |history| {
            let (place, event) = take(history, |event| matches!(event, Event::TimerTriggered { .. }));
            history[place].events.insert(0, event);
            history[place].at = types::Timestamp::from_millis(history[place].at.as_millis() - 1);
        },
        |violation| matches!(violation, Violation::TimerEarly { early_ms: 1, .. }),
    );
}

#[test]
fn a_timer_that_is_lost_is_found() {
    // In the rows of an instance that waits for it.
    let mut life = Life::begin();
    while life.step() && life.instance().rows.expect("rows").timers.is_empty() {}
    let mut instance = life.instance();
    assert_eq!(found_in(&instance), []);
    instance.rows.as_mut().expect("rows").timers.clear();
    let found = found_in(&instance);
    assert!(
        matches!(&found[..], [Violation::RowsDiffer { part, .. }] if part.starts_with("timers")),
        "{found:?}"
    );
    // And as an instance that never ends.
    let mut there = Found::default();
    there.add(&instance);
    let found = there.check(&asked(&instance));
    assert!(matches!(found[..], [Violation::NotEnded { .. }]), "{found:?}");
}

#[test]
fn a_commit_that_is_torn_is_found() {
    // The rows of a commit without its history, and the other way round.
    let mut life = Life::begin();
    let before = life.instance();
    assert!(life.step());
    let after = life.instance();
    let torn = Instance { rows: after.rows.clone(), ..before };
    assert!(matches!(found_in(&torn)[..], [Violation::RowsDiffer { .. }]));
    let torn = Instance { rows: torn.rows, history: Ok(Vec::new()), ..after };
    assert!(found_in(&torn).iter().any(|found| matches!(found, Violation::OutOfNothing { .. })));
}

#[test]
fn keys_that_come_again_are_found() {
    let instance = Life::begin().ended().instance();
    let mut keys = Keys::default();
    assert_eq!(history::check(&instance, &mut keys), []);
    assert_eq!(history::check(&instance, &mut keys), []);
    assert!(keys.check().all(|found| matches!(found, Violation::KeyTwice { times: 2, .. })));
    assert!(keys.check().count() > 5);
}

/// What was asked for such an instance.
fn asked(instance: &Instance) -> Asked {
    let mut asked = Asked::default();
    let id = instance.record.business_id.as_deref().unwrap_or_default().to_owned();
    asked.starts.insert(id, Fate::Acknowledged(instance.record.key));
    for (_, event) in instance.history.iter().flat_map(|history| history::events(history)) {
        if let Event::UserTaskCompleted { key, .. } = event {
            asked.tasks.insert(*key, 1);
        }
    }
    asked
}

#[test]
fn what_was_acknowledged_and_is_not_there_is_found() {
    let instance = Life::begin().ended().instance();
    let key = instance.record.key;
    let mut there = Found::default();
    there.add(&instance);
    assert_eq!(there.check(&asked(&instance)), []);

    // A reply before its commit: the client knows of an instance that no row knows of.
    let lost = ProcessInstanceKey::from_i64(key.get() + 1_000);
    let mut early = asked(&instance);
    early.starts.insert("lost".to_owned(), Fate::Acknowledged(lost));
    early.cancels.insert(key, Fate::Acknowledged(()));
    let task = UserTaskKey(Key::from_i64(17));
    early.tasks.insert(task, 1);
    let found = there.check(&early);
    assert!(
        matches!(
            &found[..],
            [
                Violation::StartLost { .. },
                Violation::CommandLost { what: "the cancellation", .. },
                Violation::CommandLost { what: "the completion", .. },
            ]
        ),
        "{found:?}"
    );
    // One that was not answered may be there or not.
    early.starts.insert("lost".to_owned(), Fate::Unknown);
    early.cancels.insert(key, Fate::Unknown);
    early.tasks.remove(&task);
    assert_eq!(there.check(&early), []);

    // An answer that names another instance than the one that was started.
    let mut swapped = asked(&instance);
    swapped.starts.values_mut().for_each(|fate| *fate = Fate::Acknowledged(lost));
    assert!(matches!(there.check(&swapped)[..], [Violation::StartLost { .. }]));
}

#[test]
fn what_was_done_twice_or_unasked_is_found() {
    let instance = Life::begin().ended().instance();
    let mut there = Found::default();
    there.add(&instance);
    // A host without its fence carries out what the one that has taken over carries out too.
    there.add(&instance);
    assert!(matches!(there.check(&asked(&instance))[..], [Violation::StartedTwice { times: 2, .. }]));
    let found = there.check(&Asked::default());
    assert!(
        matches!(found[..], [Violation::NeverStarted { .. }, Violation::NeverCompleted { .. }]),
        "{found:?}"
    );
    // A completion without an answer was asked for.
    let mut unanswered = asked(&instance);
    unanswered.tasks.values_mut().for_each(|times| *times = 0);
    assert!(matches!(there.check(&unanswered)[..], [Violation::StartedTwice { .. }]));
    let mut twice = asked(&instance);
    let (_, completed) = take(&mut instance.history.expect("a history"), |event| {
        matches!(event, Event::UserTaskCompleted { .. })
    });
    if let Event::UserTaskCompleted { key, .. } = completed {
        twice.tasks.insert(key, 2);
    }
    let found = there.check(&twice);
    assert!(found.iter().any(|found| matches!(found, Violation::AcknowledgedTwice { times: 2, .. })));
}

#[tokio::test]
async fn rows_that_belong_to_nothing_are_found() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    SqliteStore::open(folder.path(), Options::default()).await?.close().await?;
    let url = format!("sqlite:{}", folder.path().join("fermata.db").display());
    let mut database = Database::open(&url).await?;
    assert_eq!(database.orphans().await?, []);

    let timer = "INSERT INTO timer (key, process_instance_key, element_instance_key, element_id, due, fired) \
                 VALUES (1, 7, 8, 'pause', 0, 0)";
    database.execute(timer.to_owned()).await?;
    let orphans = |what, count| Violation::Orphans { table: "timer", what, count };
    let of_nothing = orphans("belong to no element instance", 1);
    assert_eq!(database.orphans().await?, [orphans("belong to no instance", 1), of_nothing.clone()]);

    database.execute("PRAGMA foreign_keys = OFF".to_owned()).await?;
    let ended = "INSERT INTO process_instance (key, definition_key, bpmn_process_id, tenant_id, state, started_at, \
                 ended_at, paused, open_incidents) VALUES (7, 1, 'torture', '', 1, 0, 0, 0, 0)";
    database.execute(ended.to_owned()).await?;
    let without_history = Violation::Orphans { table: "process_instance", what: "have no history", count: 1 };
    assert_eq!(
        database.orphans().await?,
        [orphans("belong to an instance that has ended", 1), of_nothing, without_history]
    );
    Ok(())
}
