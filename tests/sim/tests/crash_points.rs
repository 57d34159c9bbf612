//! Every commit of every model is where a fault strikes, once for each kind of fault, and every commit soon after it is where
//! another one does.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use fermata_sim::{CommitFault, CrashPoints, DoneBy, MODELS, Model, StoreKind, Stories, every_crash_point};

/// Faults that a store without files can have.
const FAULTS: [CommitFault; 4] =
    [CommitFault::Fails, CommitFault::AnswerLost, CommitFault::CrashBefore, CommitFault::CrashAfter];

fn check(what: &str, points: &CrashPoints) {
    println!("{what}: {} commits, {} stories", points.commits, points.stories);
    assert!(points.wrong.is_empty(), "{what}:\n{}", points.wrong[..points.wrong.len().min(5)].join("\n"));
    assert!(points.commits >= 3, "{what}: {} commits", points.commits);
    assert!(points.stories >= points.commits, "{what}: {} stories", points.stories);
}

#[test]
fn every_crash_point_of_every_model_leads_to_the_same_end() -> anyhow::Result<()> {
    let stories: Vec<(&Model, DoneBy)> = MODELS
        .iter()
        .flat_map(|model| {
            [DoneBy::Components, DoneBy::Workers, DoneBy::LateWorkers].map(|done_by| (model, done_by))
        })
        // Without jobs it is the same story.
        .filter(|(model, done_by)| *done_by == DoneBy::Components || !model.job_types.is_empty())
        .collect();
    let (next, told) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((model, done_by)) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let stories = Stories {
                        done_by: *done_by,
                        store: StoreKind::Memory,
                        faults: &FAULTS,
                        second_within: 3,
                    };
                    let points = every_crash_point(model, &stories);
                    told.lock().expect("no thread panics with it").push((model.file, *done_by, points));
                }
            });
        }
    });
    let told = told.into_inner()?;
    assert_eq!(told.len(), stories.len());
    for (file, done_by, points) in told {
        check(&format!("{file} by {done_by:?}"), &points?);
    }
    Ok(())
}

#[test]
fn a_torn_commit_on_sqlite_is_as_if_it_had_never_begun() -> anyhow::Result<()> {
    let model = MODELS.iter().find(|model| model.file == "one-task.bpmn").expect("the model");
    let stories = Stories {
        done_by: DoneBy::Components,
        store: StoreKind::Sqlite,
        faults: &[CommitFault::Torn, CommitFault::CrashAfter],
        second_within: 1,
    };
    let points = every_crash_point(model, &stories)?;
    check("one-task on SQLite", &points);
    Ok(())
}
