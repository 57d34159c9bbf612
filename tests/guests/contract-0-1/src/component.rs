//! Uses every interface of the version, and gives each of its answers.

#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    //! Generated from `wit/`.
    wit_bindgen::generate!({
        path: "../../../wit/worker/0.1",
        world: "connector",
        with: {
            "wasi:clocks/monotonic-clock@0.2.12": wasip2::clocks::monotonic_clock,
            "wasi:http/outgoing-handler@0.2.12": wasip2::http::outgoing_handler,
            "wasi:http/types@0.2.12": wasip2::http::types,
            "wasi:io/error@0.2.12": wasip2::io::error,
            "wasi:io/poll@0.2.12": wasip2::io::poll,
            "wasi:io/streams@0.2.12": wasip2::io::streams,
        },
        generate_all,
    });
}

use bindings::exports::fermata::worker::handler::Guest;
use bindings::fermata::host::{checkpoint, effects, job_context, log, secrets};
use bindings::fermata::worker::jobs::{BpmnError, Failure, Job, JobError, Outcome};
use bindings::wasi::config::store;

struct Component;

impl Guest for Component {
    fn handle(job: Job) -> Result<Outcome, JobError> {
        let answer = job.headers.iter().find(|(name, _)| name == "answer").map(|(_, value)| value.as_str());
        match answer {
            Some("again") if job_context::attempt() == 1 => Ok(Outcome::Again(100)),
            Some("parked") => Ok(Outcome::Parked(3_600_000)),
            Some("bpmn-error") => Err(JobError::Bpmn(BpmnError {
                code: "REFUSED".to_owned(),
                message: "refused by 0.1".to_owned(),
                variables: r#"{"refusedBy":"0.1"}"#.to_owned(),
            })),
            Some("failure") => Err(JobError::Failed(Failure {
                message: "failed by 0.1".to_owned(),
                retries: Some(0),
                retry_after_ms: None,
            })),
            _ => Ok(Outcome::Completed(seen(&job))),
        }
    }
}

/// What the host's interfaces say, as variables.
fn seen(job: &Job) -> String {
    let fields = [("job".to_owned(), job.key.clone())];
    log::write(log::Level::Info, "a component of 0.1 works", &fields);
    let kept = checkpoint::put(b"kept").is_ok()
        && matches!(checkpoint::get(), Ok(Some(saved)) if saved.value == b"kept");
    let secret = match secrets::placeholder("NONE") {
        Ok(_) => "granted",
        Err(secrets::Error::NotGranted(_)) => "not granted",
        Err(secrets::Error::NotSet(_)) => "not set",
    };
    let effect = match effects::begin("call", b"digest") {
        Ok(_) => "begun",
        Err(effects::Error::NotOffered(_)) => "not offered",
        Err(_) => "refused",
    };
    let setting = matches!(store::get("none"), Ok(None));
    let attempt = job_context::attempt();
    let element = job_context::element_id();
    format!(
        r#"{{"attempt":{attempt},"element":"{element}","kept":{kept},"secret":"{secret}","effect":"{effect}","noSetting":{setting},"sameKey":{}}}"#,
        !job.idempotency_key.is_empty()
    )
}

#[allow(unsafe_code, reason = "the component model's calling convention is made of raw pointers")]
mod export {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
