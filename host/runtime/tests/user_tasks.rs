//! Whoever changes a user task hears what its listeners make of that.

mod support;

use std::time::Duration;

use engine::command::{AssignUserTask, CompleteJob, JobAttempt, JobResult, ListenerVerdict, UpdateUserTask};
use fermata_runtime::{Error, Handle};
use store::Store as _;
use tokio::task::JoinHandle;
use types::{Actor, JobKey, ProcessInstanceKey, UserTaskKey, Variables};

use support::World;

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(3_600);

fn answer(job: JobKey, verdict: ListenerVerdict) -> CompleteJob {
    CompleteJob { attempt: JobAttempt::current(job), result: JobResult::TaskListener(verdict) }
}

fn denial(reason: &str) -> ListenerVerdict {
    ListenerVerdict { denied: true, denied_reason: Some(reason.into()), ..ListenerVerdict::default() }
}

/// A listener that agrees.
async fn agrees(world: &World, job_type: &str) -> anyhow::Result<()> {
    let job = world.take(job_type).await?;
    world.handle().complete_job(answer(job.key, ListenerVerdict::default()), Actor::default()).await?;
    Ok(())
}

/// A listener that does not.
async fn denies(world: &World, job_type: &str, reason: &str) -> anyhow::Result<()> {
    let job = world.take(job_type).await?;
    world.handle().complete_job(answer(job.key, denial(reason)), Actor::default()).await?;
    Ok(())
}

/// An instance of the model in which every change has listeners, once its task is there.
async fn start(world: &World) -> anyhow::Result<(ProcessInstanceKey, UserTaskKey)> {
    let definition = world.deploy("task-listeners.bpmn").await?;
    let instance = world.start_instance(definition, r#"{"second": "c2", "person": null}"#).await?;
    agrees(world, "c1").await?;
    agrees(world, "c2").await?;
    let rows = world.store.load_instance(instance).await?.expect("the instance");
    Ok((instance, rows.user_tasks.first().expect("a user task").key))
}

fn completes(handle: &Handle, task: UserTaskKey, patience: Duration) -> JoinHandle<Result<(), Error>> {
    let handle = handle.clone();
    tokio::spawn(async move {
        handle.complete_user_task(task, Variables::new(), Actor::default(), patience).await
    })
}

async fn state(world: &World, key: ProcessInstanceKey) -> anyhow::Result<&'static str> {
    Ok(world.store.process_instance(key).await?.expect("the instance").state.name())
}

#[tokio::test]
async fn the_answer_to_a_completion_comes_when_all_listeners_have_agreed() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (instance, task) = start(&world).await?;
    let completion = completes(world.handle(), task, PATIENCE);
    agrees(&world, "p1").await?;
    let last = world.take("p2").await?;
    assert!(!completion.is_finished(), "one listener has not answered");
    world.handle().complete_job(answer(last.key, ListenerVerdict::default()), Actor::default()).await?;
    completion.await??;
    assert_eq!(state(&world, instance).await?, "COMPLETED", "what was acknowledged is there to be read");
    Ok(())
}

#[tokio::test]
async fn a_denied_completion_tells_the_reason_and_can_be_tried_again() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (instance, task) = start(&world).await?;
    let completion = completes(world.handle(), task, PATIENCE);
    agrees(&world, "p1").await?;
    denies(&world, "p2", "the amount is missing").await?;
    let error = completion.await?.expect_err("it was denied");
    let text =
        format!("a task listener has denied the completion of user task {task}: the amount is missing");
    assert_eq!(error.to_string(), text);
    let completion = completes(world.handle(), task, PATIENCE);
    agrees(&world, "p1").await?;
    agrees(&world, "p2").await?;
    completion.await??;
    assert_eq!(state(&world, instance).await?, "COMPLETED");
    Ok(())
}

#[tokio::test]
async fn assignments_updates_and_variables_wait_for_their_listeners_too() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (instance, task) = start(&world).await?;
    let handle = world.handle();
    let row = async || -> anyhow::Result<_> {
        let rows = world.store.load_instance(instance).await?.expect("the instance");
        Ok(rows.user_tasks.into_iter().next().expect("a user task"))
    };
    let assign = AssignUserTask { task, assignee: "ann".into(), allow_override: true };
    let asked = handle.assign_user_task(assign, Actor::default(), PATIENCE);
    let (assigned, agreed) = tokio::join!(asked, agrees(&world, "a1"));
    agreed.and(Ok(assigned?))?;
    assert_eq!(row().await?.assignee.as_deref(), Some("ann"));

    let update = UpdateUserTask {
        task,
        candidate_groups: None,
        candidate_users: None,
        due_date: None,
        follow_up_date: None,
        priority: Some(7),
    };
    let asked = handle.update_user_task(update, Actor::default(), PATIENCE);
    let (updated, denied) = tokio::join!(asked, denies(&world, "u1", "not on a Monday"));
    denied?;
    let text = format!("a task listener has denied the update of user task {task}: not on a Monday");
    assert_eq!(updated.expect_err("it was denied").to_string(), text);
    assert_eq!(row().await?.priority, 50);

    let (scope, variables) = (row().await?.element_instance, Variables::parse(r#"{"seen": true}"#)?);
    let asked = handle.set_variables(scope, variables, false, Actor::default(), PATIENCE);
    let (set, agreed) = tokio::join!(asked, agrees(&world, "u1"));
    agreed.and(Ok(set?))?;
    let rows = world.store.load_instance(instance).await?.expect("the instance");
    assert!(
        rows.variables.iter().any(|row| &*row.name == "seen"),
        "what was acknowledged is there to be read"
    );

    let asked = handle.unassign_user_task(task, Actor::default(), PATIENCE);
    let (unassigned, denied) = tokio::join!(asked, denies(&world, "a1", "keep it"));
    denied?;
    assert!(matches!(unassigned, Err(Error::ChangeDenied { change: "assignment", .. })), "{unassigned:?}");
    assert_eq!(row().await?.assignee.as_deref(), Some("ann"));
    Ok(())
}

#[tokio::test]
async fn who_changes_a_task_that_is_ended_meanwhile_is_told() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (instance, task) = start(&world).await?;
    let completion = completes(world.handle(), task, PATIENCE);
    agrees(&world, "p1").await?;
    world.handle().cancel_instance(instance, Actor::default()).await?;
    let answer = completion.await?;
    assert!(matches!(answer, Err(Error::ChangeOvertaken { task: of, .. }) if of == task), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn a_change_waits_for_its_listeners_when_its_caller_does_not() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (instance, task) = start(&world).await?;
    let answer = completes(world.handle(), task, Duration::ZERO).await?;
    assert!(matches!(answer, Err(Error::ListenersTimedOut { .. })), "{answer:?}");
    let again = completes(world.handle(), task, PATIENCE).await?;
    assert!(matches!(again, Err(Error::Rejected(engine::Rejection::InvalidState { .. }))), "{again:?}");
    agrees(&world, "p1").await?;
    agrees(&world, "p2").await?;
    assert_eq!(state(&world, instance).await?, "COMPLETED");
    Ok(())
}

#[tokio::test]
async fn a_change_outlives_a_caller_that_goes_away_and_the_host() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (instance, task) = start(&world).await?;
    let gone = completes(world.handle(), task, PATIENCE);
    agrees(&world, "p1").await?;
    gone.abort();
    let world = world.crash().await?;
    agrees(&world, "p2").await?;
    assert_eq!(state(&world, instance).await?, "COMPLETED");

    let (instance, task) = start(&world).await?;
    let waiting = completes(world.handle(), task, PATIENCE);
    agrees(&world, "p1").await?;
    let world = world.crash().await?;
    let answer = waiting.await?;
    assert!(matches!(answer, Err(Error::ShuttingDown)), "{answer:?}");
    agrees(&world, "p2").await?;
    assert_eq!(state(&world, instance).await?, "COMPLETED");
    Ok(())
}

#[tokio::test]
async fn a_decision_that_is_not_written_is_not_told() -> anyhow::Result<()> {
    let world = World::start().await?;
    let (instance, task) = start(&world).await?;
    let completion = completes(world.handle(), task, PATIENCE);
    agrees(&world, "p1").await?;
    let last = world.take("p2").await?;
    let faults = world.store.faults();
    faults.fail_commit(faults.commits_tried() + 1);
    let lost = world.handle().complete_job(answer(last.key, ListenerVerdict::default()), Actor::default());
    assert!(matches!(lost.await, Err(Error::Unavailable(_))));
    assert!(matches!(completion.await?, Err(Error::Unavailable(_))));
    assert_eq!(state(&world, instance).await?, "ACTIVE");
    let again = world.handle().complete_job(answer(last.key, ListenerVerdict::default()), Actor::default());
    again.await?;
    assert_eq!(state(&world, instance).await?, "COMPLETED");
    Ok(())
}
