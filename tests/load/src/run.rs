//! `fermata-load run`: load on a host that runs already.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use crate::benches::duration;
use crate::generator::{Load, Pace, Request, Span, Window, block_on};
use crate::host::Api;
use crate::scenario::Scenario;

const WINDOW: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
With --concurrency, a closed loop: each client starts its next instance when the last one has ended.
It shows how much the host can do; latencies grow with the number of clients.

With --rate, an open loop: so many instances are started each second, if the host keeps up or not.
Latencies count from the time at which a start was meant to be sent, so that a pause of the host
is felt by every start that it held up.

A start is answered when its instance has ended: latencies are from start to end. Instances of
`waiting` do not end; theirs are from start to durable.
The model, and a component for its jobs, are brought along.

Examples:
  fermata-load run one-task
  fermata-load run ten-tasks --concurrency 256 --duration 30s
  fermata-load run typical --rate 200 --duration 1m --url http://127.0.0.1:8081";

/// Put load on a host that runs already
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What to start instances of
    scenario: Scenario,
    /// The host
    #[arg(long, env = "FERMATA_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Open loop: instances to start per second
    #[arg(long, value_name = "PER SECOND", conflicts_with = "concurrency", value_parser = rate)]
    rate: Option<f64>,
    /// Closed loop: instances under way at the same time [default: as many as keep a host busy]
    #[arg(long, value_name = "CLIENTS", value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: Option<u32>,
    /// How long, such as `30s` or `5m`
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    duration: Duration,
    /// How long before that, without being counted
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration)]
    warm_up: Duration,
    /// The component that does the jobs, of type `echo`
    #[arg(long, value_name = "FILE", default_value = "target/guests/components/echo.wasm")]
    component: PathBuf,
    /// Bring nothing along: the model is deployed, and something does its jobs
    #[arg(long)]
    deployed: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    block_on(async {
        let host = resolve(&arguments.url).await?;
        let scenario = arguments.scenario;
        if !arguments.deployed {
            let component = std::fs::read(&arguments.component).with_context(|| {
                format!(
                    "{} cannot be read: `cargo xtask guests` builds it, --component names another, \
                     and with --deployed none is needed",
                    arguments.component.display()
                )
            })?;
            Api::new(&arguments.url)?.deploy(scenario, component).await?;
        }
        let request = Request::start(host, scenario.start()?)?;
        let mut load = Load::closed(host, &request, scenario.clients());
        if let Some(clients) = arguments.concurrency {
            load.clients = clients as usize;
        }
        if let Some(rate) = arguments.rate {
            load.pace = Pace::PerSecond(rate);
            load.clients = scenario.clients_at(rate);
        }
        let windows = (arguments.duration.as_secs_f64() / WINDOW.as_secs_f64()).ceil() as u32;
        let span = Span { warm_up: arguments.warm_up, window: WINDOW, windows };
        let mut second = 0;
        let measured = load
            .measure(span, |window| {
                second += 1;
                print_second(second, window);
            })
            .await?;
        let (counted, whole) = (measured.in_windows(), measured.with_rest());
        ensure!(whole.succeeded() > 0, "no start succeeded: {}", whole.troubles());
        let lasted: f64 = measured.windows.iter().map(|window| window.lasted.as_secs_f64()).sum();
        let what = if scenario.ends() { "completed" } else { "started" };
        let rate = counted.succeeded() as f64 / lasted;
        println!("\n{} instances {what} in {lasted:.1} s: {rate:.0}/s", counted.succeeded());
        println!("{}", whole.latencies());
        if measured.missed > 0 {
            println!(
                "the host did not keep up: {} starts were due, and all {} clients were waiting",
                measured.missed, load.clients
            );
        }
        if whole.failed() + whole.turned_away() > 0 {
            println!("{}", whole.troubles());
        }
        Ok(())
    })
}

fn print_second(second: u32, window: &Window) {
    let tally = &window.tally;
    let [p50, p99] = [50.0, 99.0].map(|percent| tally.percentile_ms(percent));
    print!("{second:>5} s {:>9.0}/s   p50 {p50:>8.1} ms   p99 {p99:>8.1} ms", window.rate());
    match (tally.turned_away(), tally.failed()) {
        (0, 0) => println!(),
        (away, failed) => println!("   {away} × 503, {failed} failed"),
    }
}

async fn resolve(url: &str) -> anyhow::Result<SocketAddr> {
    let uri: http::Uri = url.parse().with_context(|| format!("`{url}` is no URL"))?;
    let (Some("http"), Some(name)) = (uri.scheme_str(), uri.host()) else {
        bail!("`{url}` cannot be loaded: expected something like http://127.0.0.1:8080");
    };
    let port = uri.port_u16().unwrap_or(80);
    let mut found = tokio::net::lookup_host((name, port)).await.with_context(|| name.to_owned())?;
    found.next().with_context(|| format!("`{name}` has no address"))
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if f64::is_finite(rate) && rate > 0.0 => Ok(rate),
        _ => Err("expected a number above 0".to_owned()),
    }
}
