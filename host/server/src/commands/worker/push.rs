//! `fermata worker push`: uploads a component.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Body;
use sandbox::Digest;

use super::{oci, sign};
use crate::client::Client;
use crate::failure::Failure;
use crate::signature::SigningKey;
use crate::{output, values};

/// What the progress bar moves by, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

const EXAMPLES: &str = "\
Examples:
  fermata worker push score.wasm
  fermata worker push target/wasm32-wasip2/release/score.wasm --manifest component.toml
  fermata worker push oci://registry.example/team/score@sha256:…
  fermata worker push oci://registry.example/team/score:1.0.0 --signature score.sig
  fermata worker push score.wasm --key team.key

The component serves the next job of those of its types that have no roll-out; jobs that run end on the version that they began with.
Uploading the same file again changes nothing. A version never changes: other bytes need another version.
A signature in FILE.wasm.sig, as `fermata worker sign` writes it, is sent along. Uploading the same file with a signature
signs the version that is there; `fermata worker show` tells when that was, and who did it.
From a registry this command pulls, with TLS except from this very machine, and then uploads what it has pulled.
Credentials come from FERMATA_REGISTRY_USER and FERMATA_REGISTRY_PASSWORD, or as `docker login` has written them;
credential helpers are not asked.
Nothing is granted by uploading: what the component wants is printed with the command that grants it.";

/// Upload a component; it serves the next job of types without a roll-out.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component: a file, or where a registry has it, `oci://REGISTRY/REPOSITORY@sha256:DIGEST` or `:TAG`
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Pack it with this manifest first; without, it carries one already
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Its signature [default: FILE.wasm.sig, if it is there]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Sign it with this key, as `fermata worker keygen` has made it, after it was packed
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    key: Option<PathBuf>,
    /// Ask the registry without TLS, wherever it is
    #[arg(long)]
    plain_http: bool,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let (bytes, reference) = component(arguments).await?;
    let signature = signature(arguments, &bytes)?;
    let size = bytes.len();
    let progress = progress(size)?;
    let uploaded = host.upload(body(bytes, progress.clone()), size, signature).await;
    progress.finish_and_clear();
    let uploaded = uploaded?;
    if arguments.json {
        output::json(&uploaded)?;
        return Ok(());
    }
    let component = &uploaded.component;
    let what = match (uploaded.created, uploaded.signed) {
        (true, _) => "uploaded",
        (false, true) => "there already, and signed now",
        (false, false) => "there already, nothing has changed",
    };
    output::line(format_args!("{} {}: {what}", component.name, component.version));
    output::line(format_args!("  digest  {}", component.digest));
    if let Some(reference) = reference {
        output::line(format_args!("  from    {reference}"));
    }
    output::line(format_args!("  size    {}", values::show_size(component.size_bytes)));
    if let Some(key) = &component.signed_by {
        output::line(format_args!("  signed  {key}"));
    }
    let serving: Vec<&str> = component.serving.iter().map(|job_type| job_type.as_str()).collect();
    let serving = if serving.is_empty() {
        "nothing: later uploads or roll-outs do".to_owned()
    } else {
        serving.join(", ")
    };
    output::line(format_args!("  serves  {serving}"));
    if !uploaded.missing_grants.is_empty() {
        output::line("it wants what it is not granted; grant what is right:");
        output::line(format_args!("  {}", grant_command(&component.name, &uploaded.missing_grants)));
    }
    Ok(())
}

/// The component's bytes and, if a registry has them, where exactly.
async fn component(arguments: &Arguments) -> anyhow::Result<(Vec<u8>, Option<String>)> {
    match (reference(&arguments.file), &arguments.manifest) {
        (Some(_), Some(_)) => bail!("--manifest is for files: what a registry has is pushed as it is"),
        (Some(reference), None) => {
            let pulled = oci::pull(reference, arguments.plain_http).await?;
            Ok((pulled.bytes, Some(pulled.reference)))
        }
        (None, Some(manifest)) => Ok((super::pack_with(&arguments.file, manifest)?.0, None)),
        (None, None) => Ok((super::read_component(&arguments.file)?, None)),
    }
}

fn reference(file: &Path) -> Option<&str> {
    file.to_str().filter(|text| text.starts_with(oci::SCHEME))
}

/// The component's signature. One for other bytes is refused here, before they travel.
fn signature(arguments: &Arguments, bytes: &[u8]) -> anyhow::Result<Option<String>> {
    if let Some(key) = &arguments.key {
        return Ok(Some(SigningKey::read(key)?.sign(&Digest::of(bytes)).to_string()));
    }
    let (path, signature) = match &arguments.signature {
        Some(path) => {
            let signature = sign::read(path)?;
            (path.clone(), Some(signature.with_context(|| format!("{} is not there", path.display()))?))
        }
        None if reference(&arguments.file).is_some() => return Ok(None),
        None => {
            let path = sign::beside(&arguments.file);
            let signature = sign::read(&path)?;
            (path, signature)
        }
    };
    let Some(signature) = signature else { return Ok(None) };
    if !signature.fits(&Digest::of(bytes)) {
        bail!(
            "{} is for other bytes: sign what is pushed, after it was packed, with `fermata worker sign`",
            path.display()
        );
    }
    Ok(Some(signature.to_string()))
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
