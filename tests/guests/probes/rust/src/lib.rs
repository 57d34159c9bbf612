//! Meets the errors that it is asked to meet, and leaves them to the SDK.

use std::time::Duration;

use fermata_sdk::{BpmnError, Failure, Job, JobError, checkpoint, effects, http, log, secrets, worker};
use serde::Deserialize;
use serde_json::{Value, json};

/// How long a request may take where it is to be late.
const PATIENCE: Duration = Duration::from_millis(200);
/// More than a host stores.
const CHECKPOINT_BYTES: usize = (1 << 20) + 1;

#[derive(Deserialize)]
pub struct Input {
    case: String,
    #[serde(default)]
    url: String,
}

worker!(probe);

/// Does one job.
pub fn probe(job: Job<Input>) -> Result<Value, JobError> {
    let Input { case, url } = job.variables;
    // Latin-1; what is no UTF-8 does not get into a `String`.
    let text = String::from_utf8_lossy(b"gr\xfcn").into_owned();
    match case.as_str() {
        "get" => Ok(json!({ "status": http::get(url).send()?.status() })),
        "json" => Ok(json!({ "body": http::get(url).send()?.json::<Value>()? })),
        "late" => Ok(json!({ "status": http::get(url).timeout(PATIENCE).send()?.status() })),
        "effect" => {
            effects::begin("charge", b"10 EUR")?;
            Ok(json!({}))
        }
        "secret" => Ok(json!({ "token": secrets::placeholder("NOT_GRANTED")? })),
        "checkpoint" => Ok(json!({ "found": checkpoint::get::<Value>()? })),
        "large-checkpoint" => {
            checkpoint::put(&"x".repeat(CHECKPOINT_BYTES))?;
            Ok(json!({}))
        }
        "mistake" => Err(std::io::Error::other("it broke").into()),
        "list" => Ok(json!([1])),
        "log" => {
            log::info!("{text}"; field = text);
            Ok(json!({}))
        }
        "message" => Err(Failure::new(text.clone()).code(text).into()),
        "error" => Err(BpmnError::new(text.clone(), text).into()),
        "result" => Ok(json!({ "text": text })),
        other => Err(Failure::new(format!("there is no case `{other}`")).retries(0).into()),
    }
}
