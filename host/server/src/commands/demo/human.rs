//! The human: takes approvals through the API as a task list does, thinks, and decides.

use std::time::Duration;

use console::style;
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

/// How long the human thinks about an order.
const THINKING: Duration = Duration::from_millis(900);

/// An order and the instance that handles it.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Who orders.
    pub(super) customer: &'static Customer,
    /// The instance's key.
    pub(super) instance: String,
}

/// Decides about every order.
pub(super) async fn decide_all(screen: &Screen, stage: &Stage, orders: &[Order]) -> anyhow::Result<()> {
    let mut forgotten = Vec::new();
    let mut taken = 0;
    while taken < orders.len() {
        for job in stage.client.activate_jobs(JOB_TYPE, NAME, HOLD, WAIT).await? {
            let Some(order) = orders.iter().find(|order| order.instance == job.process_instance_key) else {
                continue;
            };
            taken += 1;
            tokio::time::sleep(THINKING).await;
            if order.customer.decision == Decision::ApproveWhenReminded {
                say(screen, order.customer, "puts it aside and forgets it");
                forgotten.push((job, order.customer));
            } else {
                decide(screen, stage, &job, order.customer).await?;
            }
        }
    }
    for (job, customer) in forgotten {
        stage.vendors.ledger.wait_for(|entry| customer.is_reminder(entry)).await;
        tokio::time::sleep(THINKING).await;
        decide(screen, stage, &job, customer).await?;
    }
    Ok(())
}

async fn decide(
    screen: &Screen,
    stage: &Stage,
    job: &ActivatedJob,
    customer: &Customer,
) -> anyhow::Result<()> {
    let approved = customer.decision != Decision::Reject;
    say(screen, customer, if approved { "approves" } else { "rejects" });
    let comment = format!("decided by {NAME}");
    stage.client.complete_job(&job.job_key, &json!({ "approved": approved, "comment": comment })).await?;
    Ok(())
}

fn say(screen: &Screen, customer: &Customer, what: &str) {
    screen.story(SystemClock.now(), customer.name, style("☺").cyan(), format_args!("{NAME} {what}"));
}
