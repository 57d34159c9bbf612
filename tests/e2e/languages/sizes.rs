//! What is large and within the limits comes through, also where a language's own tools give up before.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, ensure};
use scaffold::Language;
use serde_json::json;

use crate::probe::Probe;

/// What a host stores of a checkpoint unless a grant says otherwise.
const CHECKPOINT_BYTES: usize = 1 << 20;
/// What a grant raises that to, and what a host takes of a result.
const RAISED_BYTES: usize = 4 << 20;
/// The quotation marks around a text that is a checkpoint.
const QUOTES: usize = 2;
/// Python's own limit is 4,300.
const DIGITS: usize = 100_000;

/// The probe of a language that calls nothing.
fn probe(language: Language) -> anyhow::Result<Probe> {
    Probe::new(language, SocketAddr::from((Ipv4Addr::LOCALHOST, 9)))
}

/// A text of JavaScript may be as long as the host's limit.
pub(crate) async fn long_texts_in_javascript() -> anyhow::Result<()> {
    let probe = probe(Language::Js)?;
    let kept = probe.folder().join("checkpoint");
    for (limit, options) in [
        (CHECKPOINT_BYTES, vec![]),
        (RAISED_BYTES, vec!["--limit".to_owned(), format!("checkpoint_bytes={RAISED_BYTES}")]),
    ] {
        let options = [options, vec!["--checkpoint".to_owned(), kept.display().to_string()]].concat();
        let put = |bytes| json!({ "case": "checkpoint-of", "url": "", "bytes": bytes });
        let told = probe.run(&put(limit), &options).await?;
        ensure!(told["outcome"]["kind"] == "completed", "{told:#}");
        ensure!(std::fs::metadata(&kept)?.len() == limit as u64, "not all of it was stored");
        let told = probe.run(&json!({ "case": "checkpoint-size", "url": "" }), &options).await?;
        ensure!(told["outcome"]["variables"]["characters"] == limit - QUOTES, "{told:#}");
        let outcome = &probe.run(&put(limit + 1), &options).await?["outcome"];
        let message = outcome["message"].as_str().unwrap_or_default();
        ensure!(message.starts_with(&format!("the checkpoint has more than {limit} bytes")), "{outcome:#}");
        ensure!(outcome["retries"] == 0, "{outcome:#}");
    }
    let result = json!({ "case": "result-of", "url": "", "bytes": RAISED_BYTES - r#"{"text":""}"#.len() });
    let told = probe.run(&result, &[]).await?;
    let text = told["outcome"]["variables"]["text"].as_str().context("no text")?;
    ensure!(text.len() == result["bytes"].as_u64().unwrap_or_default() as usize, "{} characters", text.len());
    Ok(())
}

/// A whole number of Python may have more digits than Python reads and writes by itself.
pub(crate) async fn long_integers_in_python() -> anyhow::Result<()> {
    let probe = probe(Language::Python)?;
    let kept = probe.folder().join("checkpoint");
    let digits = "9".repeat(DIGITS);
    let options = ["--checkpoint".to_owned(), kept.display().to_string()];
    for is_kept in [false, true] {
        let told = probe.run(&json!({ "case": "integer", "digits": DIGITS }), &options).await?;
        // What no other program might read is shown as text.
        let expected = format!(r#"{{"kept":{is_kept},"number":{digits}}}"#);
        ensure!(told["outcome"]["variables"] == expected, "{told:#}");
        ensure!(std::fs::read_to_string(&kept)? == digits, "another number was stored");
    }
    Ok(())
}
