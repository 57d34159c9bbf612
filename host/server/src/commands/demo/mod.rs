//! `fermata demo`: the example's customer onboarding from end to end, with nothing but this binary and its components.
//!
//! Everything goes through the HTTP API of a host as `fermata serve` runs it. The vendors are stand-ins on the
//! loopback interface. In the end the books of the vendors have to hold what they should, each thing exactly once.

mod cast;
mod components;
mod model;
mod stage;
mod vendors;

mod human;
mod watch;

mod calls;
mod history;
mod timeline;
mod verdict;

mod hints;
mod report;
mod screen;

use std::path::PathBuf;

use anyhow::anyhow;
use console::style;
use runtime::{Clock as _, SystemClock};

use super::serve::Signals;
use crate::failure::Failure;
use cast::CUSTOMERS;
use components::Components;
use human::Order;
use model::Model;
use screen::Screen;
use stage::Stage;

const EXAMPLES: &str = "\
Examples:
  fermata demo
  fermata demo --keep

Five customers order at the same time. It takes about 12 s: one of them is forgotten until a reminder comes after 10 s.";

/// Run the customer onboarding from end to end, with stand-ins for the vendors.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Leave the host and the stand-ins running, and tell what to try next
    #[arg(long)]
    keep: bool,
    /// The folder with the components [default: where `cargo xtask guests` puts them]
    #[arg(long, value_name = "FOLDER")]
    components: Option<PathBuf>,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let components = Components::find(arguments.components)?;
    let mut signals = Signals::listen().map_err(Failure::unusable)?;
    let screen = Screen::new();
    screen.line(style("Fermata: a customer's way from order to welcome").bold());
    let stage = tokio::select! {
        stage = Stage::set(&screen, &components) => stage.map_err(Failure::unusable)?,
        signal = signals.next() => return Err(ended_by(signal)),
    };
    let shown = tokio::select! {
        shown = show(&screen, &stage) => shown.map_err(Failure::from),
        signal = signals.next() => Err(ended_by(signal)),
    };
    let kept = match (&shown, arguments.keep) {
        (Ok(_), true) => keep(&screen, &stage, &mut signals).await,
        _ => Ok(()),
    };
    let cleared = tokio::select! {
        cleared = stage.clear() => cleared,
        signal = signals.next() => Err(anyhow!("ended by {signal} before the host had ended")),
    };
    let well = shown?;
    kept?;
    cleared?;
    if well { Ok(()) } else { Err(Failure::reported()) }
}

/// Plays the five orders and tells about them. Whether all ended as they should.
async fn show(screen: &Screen, stage: &Stage) -> anyhow::Result<bool> {
    let model = Model::read()?;
    screen.heading(format_args!("{} customers order", CUSTOMERS.len()));
    let orders = take_orders(screen, stage).await?;
    let ((), endings) = tokio::try_join!(
        human::decide_all(screen, stage, &orders),
        watch::until_all_end(screen, stage, &model, &orders),
    )?;
    Ok(report::print(screen, &model, &endings, &stage.vendors.ledger.since(0)))
}

/// Tells what to try and leaves everything as it is until Ctrl-C.
async fn keep(screen: &Screen, stage: &Stage, signals: &mut Signals) -> anyhow::Result<()> {
    tokio::select! {
        failed = async {
            hints::print(screen, stage).await?;
            std::future::pending().await
        } => failed,
        _ = signals.next() => Ok(()),
    }
}

fn ended_by(signal: &str) -> Failure {
    Failure::from(anyhow!("ended by {signal}; the host and its folder are gone"))
}

async fn take_orders(screen: &Screen, stage: &Stage) -> anyhow::Result<Vec<Order>> {
    let mut orders = Vec::new();
    for customer in CUSTOMERS {
        let instance = stage.order(customer).await?;
        screen.story(
            SystemClock.now(),
            customer.name,
            style("●").bold(),
            format_args!("orders for {} EUR  {}", customer.order_amount, style(&instance).dim()),
        );
        orders.push(Order { customer, instance });
    }
    Ok(orders)
}
