//! The log of a host, on standard error.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What is logged when `RUST_LOG` says nothing.
const DEFAULT_FILTER: &str = "warn,fermata=info";

/// How records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Starts logging. `RUST_LOG` chooses what, in the notation of tracing's filters.
///
/// # Errors
/// `RUST_LOG` cannot be read.
pub(crate) fn start(format: Format) -> anyhow::Result<()> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(&text)
            .map_err(|error| anyhow::anyhow!("RUST_LOG is `{text}`, which is no filter: {error}"))?,
        _ => EnvFilter::new(DEFAULT_FILTER),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        Format::Text => log.with_ansi(io::stderr().is_terminal()).finish().try_init()?,
        Format::Json => log.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}
