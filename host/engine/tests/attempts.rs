//! Whose answer counts: that of the attempt that is under way, and of nobody else.

extern crate fermata_engine as engine;

#[path = "scenarios/rows.rs"]
mod rows;
#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "scenarios/world.rs"]
mod world;

use std::time::Duration;

use anyhow::{Context as _, ensure};
use engine::command::{ActivateJob, CompleteJob, CreateInstance, JobAttempt, JobResult};
use engine::{Command, Rejection};
use types::{TenantId, Variables};
use world::{DEFINITION, World};

const MODEL: &str = include_str!("../../../tests/models/scenarios/one-task.bpmn");

#[test]
fn a_component_does_not_answer_for_an_external_worker_that_was_faster() -> anyhow::Result<()> {
    let mut world = World::of_model(MODEL)?;
    world.step(Command::CreateInstance(CreateInstance {
        definition: DEFINITION,
        tenant: TenantId::default(),
        variables: Variables::new(),
        business_id: None,
        tags: Vec::new(),
        start: Default::default(),
        ends_after: Vec::new(),
        caller: None,
    }))?;
    let job = world.state.jobs().next().context("job")?.key;
    let deadline = world.now + Duration::from_secs(10);
    world.step(Command::ActivateJob(ActivateJob { job, worker: "external".into(), deadline }))?;
    let complete =
        |attempt| Command::CompleteJob(CompleteJob { attempt, result: JobResult::Worker(Variables::new()) });
    let refused = world.step(complete(JobAttempt::in_host(job, 1)));
    ensure!(matches!(refused, Err(Rejection::InvalidState { .. })), "{refused:?}");
    world.step(complete(JobAttempt::current(job)))?;
    Ok(())
}
