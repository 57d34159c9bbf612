//! What happens to the instances and at the vendors, told as it happens.

use std::time::Duration;

use anyhow::bail;
use console::{StyledObject, style};
use tokio::time::Instant;
use types::Timestamp;

use super::history::{Happening, History, State};
use super::human::Order;
use super::model::{Model, Role};
use super::screen::{MovingLine, Screen};
use super::stage::Stage;
use super::vendors::Entry;
use super::verdict::Ending;

/// How often to look.
const TICK: Duration = Duration::from_millis(100);

/// How long the orders may take, thinking and the escalation after 10 s included. Only a broken host is that slow,
/// whatever else its machine has to do.
const END_WITHIN: Duration = Duration::from_secs(180);

/// An instance that is watched.
struct Watched {
    order: Order,
    history: History,
    /// Until the instance has ended.
    line: Option<MovingLine>,
}

/// Something to tell, and when it happened.
struct Told {
    at: Timestamp,
    who: String,
    sign: StyledObject<&'static str>,
    what: String,
}

/// Tells everything until every instance has ended.
///
/// # Errors
/// An instance needs an operator, of whom there is none here, or they do not end in time.
pub(super) async fn until_all_end(
    screen: &Screen,
    stage: &Stage,
    model: &Model,
    orders: &[Order],
) -> anyhow::Result<Vec<Ending>> {
    let watch = |order: &Order| Watched {
        line: Some(screen.moving_line(order.customer.name)),
        order: order.clone(),
        history: History::default(),
    };
    let mut instances: Vec<Watched> = orders.iter().map(watch).collect();
    let mut vendors_told = 0;
    let deadline = Instant::now() + END_WITHIN;
    loop {
        let mut in_instances = Vec::new();
        for instance in &mut instances {
            in_instances.extend(instance.look(stage, model).await?);
        }
        // Read afterwards, and first in the same millisecond: a vendor notes what it does before it answers.
        let records = stage.vendors.ledger.since(vendors_told);
        vendors_told += records.len();
        let at_vendors = records.into_iter().map(|record| at_vendor(record.at, &record.entry));
        let mut told: Vec<Told> = at_vendors.chain(in_instances).collect();
        told.sort_by_key(|told| told.at);
        for Told { at, who, sign, what } in told {
            screen.story(at, &who, sign, what);
        }
        let mut active =
            instances.iter().filter(|instance| instance.history.state() == State::Active).peekable();
        if active.peek().is_none() {
            return Ok(instances.into_iter().map(Watched::into_ending).collect());
        }
        if let Some(instance) = instances.iter().find(|instance| instance.history.has_incident()) {
            bail!("{} waits for an operator: see above", instance.place(model));
        }
        if Instant::now() >= deadline {
            let places: Vec<String> = active.map(|instance| instance.place(model)).collect();
            bail!("not all orders have ended within {END_WITHIN:?}: {}", places.join("; "));
        }
        tokio::time::sleep(TICK).await;
    }
}

impl Watched {
    /// Reads what is new in the history.
    async fn look(&mut self, stage: &Stage, model: &Model) -> anyhow::Result<Vec<Told>> {
        let mut told = Vec::new();
        for entry in stage.client.history(&self.order.instance, self.history.position()).await? {
            let at = entry.at;
            for happening in self.history.apply(entry) {
                told.extend(self.tell(at, happening, model));
            }
        }
        if self.history.state() != State::Active {
            self.line = None;
        }
        Ok(told)
    }

    fn tell(&self, at: Timestamp, happening: Happening, model: &Model) -> Option<Told> {
        let (sign, what) = match happening {
            Happening::Entered { element } => match model.role(&element) {
                Role::Timer => (style("◔").yellow(), model.name(&element).to_owned()),
                Role::Task => {
                    if let Some(line) = &self.line {
                        line.say(model.name(&element));
                    }
                    return None;
                }
                Role::End | Role::Other => return None,
            },
            Happening::Completed { element } => match model.role(&element) {
                Role::Task => (style("✔").green(), self.done(&element, model)),
                Role::End => (style("■").bold(), model.name(&element).to_owned()),
                Role::Timer | Role::Other => return None,
            },
            Happening::Failed { element, message, retries, again_at } => {
                let wait = again_at.since(at).as_secs_f64();
                let again =
                    if retries > 0 { format!("again in {wait:.0} s") } else { "no retries left".to_owned() };
                (style("✗").red(), format!("{}: {message}; {again}", model.name(&element)))
            }
            Happening::Thrown { element, code, message } => {
                (style("⚡").yellow(), format!("{}: {code}: {message}", model.name(&element)))
            }
            Happening::Incident { message } => {
                (style("!").red(), format!("an operator is needed: {message}"))
            }
        };
        Some(Told { at, who: self.order.customer.name.to_owned(), sign, what })
    }

    /// A task that is done, with its result when it is worth a word.
    fn done(&self, element: &str, model: &Model) -> String {
        let name = model.name(element);
        match (element, self.history.variable("score")) {
            ("Task_Score", Some(score)) => format!("{name}: {score} of 100"),
            _ => name.to_owned(),
        }
    }

    /// Who waits, and where.
    fn place(&self, model: &Model) -> String {
        let elements: Vec<&str> = self.history.active().map(|element| model.name(element)).collect();
        format!("{} at {}", self.order.customer.name, elements.join(", "))
    }

    fn into_ending(self) -> Ending {
        let completed = self.history.state() == State::Completed;
        Ending { customer: self.order.customer, steps: self.history.into_steps(), completed }
    }
}

fn at_vendor(at: Timestamp, entry: &Entry) -> Told {
    let sign = match entry {
        Entry::Mail { .. } => style("✉").blue(),
        Entry::Charge { .. } => style("€").green(),
        Entry::Contact { .. } => style("+").green(),
        Entry::Replayed { .. } => style("=").dim(),
        Entry::Declined { .. } | Entry::Unavailable { .. } => style("✗").yellow(),
        Entry::Broken { .. } | Entry::Refused { .. } => style("✗").red(),
    };
    Told { at, who: format!("  → {}", entry.vendor()), sign, what: style(entry).dim().to_string() }
}
