//! `fermata worker push`: uploads a component.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Body;

use crate::client::Client;
use crate::failure::Failure;
use crate::{output, values};

/// What the progress bar moves by, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

const EXAMPLES: &str = "\
Examples:
  fermata worker push score.wasm
  fermata worker push target/wasm32-wasip2/release/score.wasm --manifest component.toml

The component serves the next job of its types; jobs that run end on the version that they began with.
Uploading the same file again changes nothing. A version never changes: other bytes need another version.
Nothing is granted by uploading: what the component wants is printed with the command that grants it.";

/// Upload a component; it serves the next job.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Pack it with this manifest first; without, it carries one already
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let bytes = match &arguments.manifest {
        Some(manifest) => super::pack_with(&arguments.file, manifest)?.0,
        None => super::read_component(&arguments.file)?,
    };
    let size = bytes.len();
    let progress = progress(size)?;
    let uploaded = host.upload(body(bytes, progress.clone()), size).await;
    progress.finish_and_clear();
    let uploaded = uploaded?;
    if arguments.json {
        output::json(&uploaded)?;
        return Ok(());
    }
    let component = &uploaded.component;
    let what = if uploaded.created { "uploaded" } else { "there already, nothing has changed" };
    output::line(format_args!("{} {}: {what}", component.name, component.version));
    output::line(format_args!("  digest  {}", component.digest));
    output::line(format_args!("  size    {}", values::show_size(component.size_bytes)));
    let serving: Vec<&str> = component.serving.iter().map(|job_type| job_type.as_str()).collect();
    let serving =
        if serving.is_empty() { "nothing: later uploads do".to_owned() } else { serving.join(", ") };
    output::line(format_args!("  serves  {serving}"));
    if !uploaded.missing_grants.is_empty() {
        output::line("it wants what it is not granted; grant what is right:");
        output::line(format_args!("  {}", grant_command(&component.name, &uploaded.missing_grants)));
    }
    Ok(())
}

/// The command that grants everything that is missing.
pub(super) fn grant_command(component: &str, missing: &[String]) -> String {
    format!("fermata worker grant {component} {}", missing.join(" "))
}

fn progress(size: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {decimal_bytes} of {decimal_total_bytes}")?
        .progress_chars("=> ");
    Ok(ProgressBar::new(size as u64).with_style(style).with_message("uploading"))
}

/// The bytes, which move the bar when they are taken; after the last one the host compiles.
fn body(bytes: Vec<u8>, progress: ProgressBar) -> Body {
    let bytes = Bytes::from(bytes);
    let starts = (0..bytes.len()).step_by(CHUNK_BYTES);
    let chunks = starts.map(move |start| {
        let chunk = bytes.slice(start..bytes.len().min(start + CHUNK_BYTES));
        progress.inc(chunk.len() as u64);
        if progress.position() == bytes.len() as u64 {
            progress.set_message("compiling");
            progress.enable_steady_tick(Duration::from_millis(100));
        }
        Ok::<_, std::io::Error>(chunk)
    });
    Body::wrap_stream(futures_util::stream::iter(chunks))
}
