//! The attacks, by what they attack.

mod compute;
mod host;
mod network;
mod resources;

use fermata_sdk::{Failure, JobError};
use serde_json::Value;

use crate::{Answer, Attack, Input};

/// Runs an attack. It comes back only when the host lets it.
pub(crate) fn run(input: &Input) -> Result<Answer, JobError> {
    let Input { attack, url, secret, amount } = input;
    let proof: Value = match attack {
        Attack::Ok => "nothing was attacked".into(),
        Attack::EndlessLoop => compute::endless_loop(*amount).into(),
        Attack::MemoryBomb => compute::memory_bomb(*amount).into(),
        Attack::DeepRecursion => compute::deep_recursion(*amount).into(),
        Attack::Panic => panic!("this worker panics on purpose"),
        Attack::GiantResult => compute::giant_text(*amount).into(),
        Attack::WrongResult => return Ok(Answer::Text(r#""a text is no object""#.to_owned())),
        Attack::BrokenResult => return Ok(Answer::Text(r#"{"this": is no JSON"#.to_owned())),
        Attack::AgainAtOnce => return Ok(Answer::Again),
        Attack::EndlessRetries => {
            return Err(Failure::new("this worker asks for retries without end").retries(u32::MAX).into());
        }
        Attack::HeadersFlood => resources::headers_flood(*amount)?.into(),
        Attack::GiantHeaders => resources::giant_headers(*amount)?.into(),
        Attack::BodyFlood => resources::body_flood(*amount)?.into(),
        Attack::GiantRequest => resources::giant_request(*amount)?.into(),
        Attack::LogFlood => host::log_flood(*amount).into(),
        Attack::LogGiant => host::log_giant(*amount).into(),
        Attack::Sleep => host::sleep(*amount).into(),
        Attack::CheckpointGiant => host::checkpoint_giant(*amount)?.into(),
        Attack::SecretNotGranted => host::secret_placeholder(secret)?.into(),
        Attack::SecretReveal => host::secret_reveal(secret)?.into(),
        Attack::HostNotGranted => network::get(url)?.into(),
        Attack::Redirect => network::get_through_redirects(url)?.into(),
        Attack::HeaderInjection => network::inject_header(url)?.into(),
        Attack::SecretElsewhere => network::send_secret_in_header(url, secret)?.into(),
        Attack::SecretInBody => network::send_secret_in_body(url, secret)?.into(),
        Attack::SecretInOtherHeader => network::send_secret_in_other_header(url, secret)?.into(),
        Attack::Bearer => network::send_as_bearer(url, secret)?.into(),
        Attack::SecretEcho => network::ask_for_an_echo(url, secret)?.into(),
    };
    Ok(Answer::succeeded(*attack, proof))
}
