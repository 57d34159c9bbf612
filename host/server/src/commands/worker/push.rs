//! `fermata worker push`: uploads a component.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use api::Uploaded;
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

/// How long to try again while the host has no room.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// How long to wait before trying again: doubled up to the longest, and not less than the host says.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(15);

const EXAMPLES: &str = "\
Examples:
  fermata worker push score.wasm
  fermata worker push target/wasm32-wasip2/release/score.wasm --manifest component.toml
  fermata worker push oci://registry.example/team/score@sha256:…
  fermata worker push oci://registry.example/team/score:1.0.0 --signature score.sig
  fermata worker push score.wasm --key team.key

The component serves the next job of those of its types that have no roll-out and that no other component serves; the answer
says which are served by others, and how to take them. Jobs that run end on the version that they began with.
Uploading the same file again changes nothing. A version never changes, not even when it was removed: other bytes need
another version. Of one component the newest upload serves, also with a lower number; the answer says so.
A signature in FILE.wasm.sig, as `fermata worker sign` writes it, is sent along. Uploading the same file with a signature
signs the version that is there; `fermata worker show` tells when that was, and who did it.
From a registry this command pulls, with TLS except from this very machine, and then uploads what it has pulled.
Credentials come from FERMATA_REGISTRY_USER and FERMATA_REGISTRY_PASSWORD, or as `docker login` has written them;
credential helpers are not asked.
A host compiles one upload after the other and lets some wait. When it has no room for more, this command tries again
for 10 minutes; with --no-wait it fails.
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
    /// Give up at once when the host has no room for another upload now
    #[arg(long)]
    no_wait: bool,
    /// Print the host's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let (bytes, reference) = component(arguments).await?;
    let signature = signature(arguments, &bytes)?;
    let patience = if arguments.no_wait { Duration::ZERO } else { PATIENCE };
    let uploaded = upload(bytes.into(), signature, patience, host).await?;
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
    let serving = if serving.is_empty() { "nothing".to_owned() } else { serving.join(", ") };
    output::line(format_args!("  serves  {serving}"));
    for note in &uploaded.notes {
        output::line(format_args!("note: {}", note.message));
    }
    if let Some(why) = &component.untrusted {
        output::line(format_args!(
            "note: it does not run here: {why}; pushed with `--key KEY` it is signed anew"
        ));
    }
    print_missing(&uploaded);
    Ok(())
}

/// Uploads, again and again as long as the host says that it has no room now.
async fn upload(
    bytes: Bytes,
    signature: Option<String>,
    patience: Duration,
    host: &Client,
) -> anyhow::Result<Uploaded> {
    let (begin, size) = (Instant::now(), bytes.len());
    let mut pause = PAUSE_MIN;
    loop {
        let progress = progress(size)?;
        let uploaded = host.upload(body(bytes.clone(), progress.clone()), size, signature.clone()).await;
        progress.finish_and_clear();
        let error = match uploaded {
            Ok(uploaded) => return Ok(uploaded),
            Err(error) => error,
        };
        let Some(after) = error.retry_after() else { return Err(error.into()) };
        let wait = after.max(pause);
        if begin.elapsed() + wait > patience {
            return Err(error.into());
        }
        if pause == PAUSE_MIN {
            eprintln!("{error}; waiting for {} min at most", patience.as_secs() / 60);
        }
        tokio::time::sleep(wait).await;
        pause = (2 * pause).min(PAUSE_MAX);
    }
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

/// Tells what the component wants and does not have, with the commands that give it.
pub(super) fn print_missing(uploaded: &Uploaded) {
    if !uploaded.missing_grants.is_empty() {
        output::line("it wants what it is not granted; grant what is right:");
        output::line(format_args!("  {}", grant_command(&uploaded.component.name, &uploaded.missing_grants)));
    }
    for name in &uploaded.secrets_without_value {
        output::line(format_args!("secret {name} has no value; set it:"));
        output::line(format_args!("  fermata secret set {name}"));
    }
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
fn body(bytes: Bytes, progress: ProgressBar) -> Body {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;
    use axum::routing::post;
    use serde_json::json;

    use super::*;

    /// A host that refuses the first uploads, and how often it was asked.
    async fn host(refused: usize, title: &'static str) -> anyhow::Result<(Client, Arc<AtomicUsize>)> {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let upload = move |bytes: axum::body::Bytes| async move {
            assert_eq!(&bytes[..], b"component");
            if counted.fetch_add(1, Ordering::SeqCst) < refused {
                let problem = json!({ "title": title, "detail": "8 components wait", "status": 503 });
                let status = StatusCode::SERVICE_UNAVAILABLE;
                return (status, [("retry-after", "0")], problem.to_string()).into_response();
            }
            let uploaded = json!({
                "component": {
                    "name": "echo", "version": "1.0.0", "digest": "", "sizeBytes": 9, "jobTypes": [], "serving": [],
                    "manifest": {}, "uploadedAt": "2026-01-01T00:00:00.000Z", "uploadedBy": "ada", "prebuilt": false,
                },
                "created": true, "missingGrants": [],
            });
            (StatusCode::CREATED, uploaded.to_string()).into_response()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?).parse()?;
        let router = Router::new().route("/fermata/v1/components", post(upload));
        tokio::spawn(async { axum::serve(listener, router).await });
        Ok((Client::new(url)?, asked))
    }

    async fn push(host: &Client, patience: Duration) -> anyhow::Result<Uploaded> {
        upload(Bytes::from_static(b"component"), None, patience, host).await
    }

    #[tokio::test]
    async fn an_upload_waits_for_room() -> anyhow::Result<()> {
        let (client, asked) = host(2, "RESOURCE_EXHAUSTED").await?;
        assert!(push(&client, PATIENCE).await?.created);
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        Ok(())
    }

    #[tokio::test]
    async fn without_patience_it_gives_up_at_once() -> anyhow::Result<()> {
        fails_at_once("RESOURCE_EXHAUSTED", Duration::ZERO).await
    }

    #[tokio::test]
    async fn what_waiting_does_not_mend_fails_at_once() -> anyhow::Result<()> {
        fails_at_once("UNAVAILABLE", PATIENCE).await
    }

    async fn fails_at_once(title: &'static str, patience: Duration) -> anyhow::Result<()> {
        let (client, asked) = host(1, title).await?;
        let error = push(&client, patience).await.map_err(|error| error.to_string());
        assert_eq!(error.map(|uploaded| uploaded.created), Err("8 components wait".to_owned()));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        Ok(())
    }
}
