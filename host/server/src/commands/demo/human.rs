//! The human: takes approvals through the API as a task list does, thinks, and decides.

use std::time::Duration;

use console::style;
use futures_util::stream::{self, Stream, TryStreamExt as _};
use runtime::{Clock as _, SystemClock};
use serde_json::json;

use super::calls::ActivatedJob;
use super::cast::{Customer, Decision};
use super::screen::Screen;
use super::stage::Stage;

/// Who decides.
const NAME: &str = "Sam of sales";

/// The type of the jobs that job-based user tasks become.
const JOB_TYPE: &str = "io.camunda.zeebe:userTask";

/// How long a task stays with the human before somebody else may take it.
const HOLD: Duration = Duration::from_secs(300);

/// How long one request waits for tasks.
const WAIT: Duration = Duration::from_secs(5);

/// How long the human thinks about the first order, and how much longer about each further one.
const THINKING: Duration = Duration::from_millis(900);
const THINKING_LONGER: Duration = Duration::from_millis(400);

/// An order and the instance that handles it.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Who orders.
    pub(super) customer: &'static Customer,
    /// The instance's key.
    pub(super) instance: String,
}

/// Decides about every order, about each in its own time: one that is put aside holds up no other.
pub(super) async fn decide_all(screen: &Screen, stage: &Stage, orders: &[Order]) -> anyhow::Result<()> {
    approvals(stage, orders)
        .try_for_each_concurrent(None, |(position, job)| {
            let thinking = THINKING + THINKING_LONGER * position as u32;
            decide(screen, stage, job, orders[position].customer, thinking)
        })
        .await
}

/// The approvals as they come, one for each order, with the order's position.
fn approvals<'s>(
    stage: &'s Stage,
    orders: &'s [Order],
) -> impl Stream<Item = anyhow::Result<(usize, ActivatedJob)>> + 's {
    stream::try_unfold(0, move |taken| async move {
        if taken == orders.len() {
            return anyhow::Ok(None);
        }
        let jobs = stage.client.activate_jobs(JOB_TYPE, NAME, HOLD, WAIT).await?;
        let of_orders: Vec<_> = jobs
            .into_iter()
            .filter_map(|job| {
                let position = orders.iter().position(|order| order.instance == job.process_instance_key)?;
                Some(Ok((position, job)))
            })
            .collect();
        let taken = taken + of_orders.len();
        Ok(Some((stream::iter(of_orders), taken)))
    })
    .try_flatten()
}

async fn decide(
    screen: &Screen,
    stage: &Stage,
    job: ActivatedJob,
    customer: &Customer,
    thinking: Duration,
) -> anyhow::Result<()> {
    tokio::time::sleep(thinking).await;
    if customer.decision == Decision::ApproveWhenReminded {
        say(screen, customer, "puts it aside and forgets it");
        stage.vendors.ledger.wait_for(|entry| customer.is_reminder(entry)).await;
        tokio::time::sleep(THINKING).await;
    }
    let approved = customer.decision != Decision::Reject;
    say(screen, customer, if approved { "approves" } else { "rejects" });
    let comment = format!("decided by {NAME}");
    stage.client.complete_job(&job.job_key, &json!({ "approved": approved, "comment": comment })).await?;
    Ok(())
}

fn say(screen: &Screen, customer: &Customer, what: &str) {
    screen.story(SystemClock.now(), customer.name, style("☺").cyan(), format_args!("{NAME} {what}"));
}
