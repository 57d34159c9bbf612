//! The attacks, by what they attack.

mod answers;
mod compute;
mod host;
mod network;
mod resources;
mod secrets;
#[cfg(target_family = "wasm")]
mod wasi;

use fermata_sdk::{BpmnError, Failure, JobError};
use serde_json::Value;

use crate::{Answer, Attack, Input};

/// Runs an attack. It comes back only when the host lets it.
pub(crate) fn run(input: &Input) -> Result<Answer, JobError> {
    let Input { attack, url, secret, text, amount } = input;
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
        Attack::SecretNotGranted => secrets::placeholder(secret)?.into(),
        Attack::SecretReveal => secrets::reveal(secret)?.into(),
        Attack::HostNotGranted => network::get(url)?.into(),
        Attack::Redirect => network::get_through_redirects(url)?.into(),
        Attack::HeaderInjection => network::inject_header(url)?.into(),
        Attack::SecretElsewhere => network::send_secret_in_header(url, secret)?.into(),
        Attack::SecretInBody => network::send_secret_in_body(url, secret)?.into(),
        Attack::SecretInOtherHeader => network::send_secret_in_other_header(url, secret)?.into(),
        Attack::Bearer => network::send_as_bearer(url, secret)?.into(),
        Attack::SecretEcho => network::ask_for_an_echo(url, secret)?.into(),
        Attack::LoopInSlices => compute::loop_in_slices(*amount).into(),
        Attack::MemoryAtOnce => compute::memory_at_once(*amount).into(),
        Attack::SpinOnTimers => host::spin_on_timers(*amount).into(),
        Attack::DeepResult => return Ok(Answer::Text(answers::deep(*amount))),
        Attack::ManyVariables => return Ok(Answer::Text(answers::many(*amount))),
        Attack::LongName => return Ok(Answer::Text(answers::long_name(*amount))),
        Attack::GiantCode => return Err(answers::giant_code(*amount)),
        Attack::GiantMessage => return Err(answers::giant_message(*amount)),
        Attack::LogText => host::log_text(text).into(),
        Attack::LogFields => host::log_fields(*amount).into(),
        Attack::CheckpointFlood => host::checkpoint_flood(*amount)?.into(),
        Attack::SecretInLog => secrets::log(secret, text)?.into(),
        Attack::SecretInFailure => return Err(Failure::new(secrets::told(secret)?).into()),
        Attack::SecretInError => return Err(BpmnError::new("SECRET", secrets::told(secret)?).into()),
        Attack::SecretInCode => return Err(BpmnError::new(secrets::seen(secret)?, "the code says it").into()),
        Attack::SecretInResult => secrets::written(secret, text)?.into(),
        Attack::SecretInCheckpoint => secrets::keep(secret)?.into(),
        Attack::SecretInHostName => network::get(&secrets::host_name(secret)?)?.into(),
        Attack::SecretInUrl => network::send_secret_in_url(url, secret)?.into(),
        Attack::SecretAsPassword => network::send_secret_as_password(url, secret)?.into(),
        Attack::GiantBody => network::send_body(url, *amount)?.into(),
        Attack::RequestFlood => network::get_many(url, *amount)?.into(),
        Attack::RandomFlood
        | Attack::RandomGiant
        | Attack::TimersFlood
        | Attack::SleepForEver
        | Attack::Exit
        | Attack::OutputFlood
        | Attack::SecretInOutput
        | Attack::RawRequest
        | Attack::RawHeader
        | Attack::EndlessBody
        | Attack::OpenRequests
        | Attack::ReadFile
        | Attack::Environment
        | Attack::Arguments
        | Attack::Input
        | Attack::Connect
        | Attack::Listen
        | Attack::Datagram
        | Attack::LookUp => wasi::run(input)?,
    };
    Ok(Answer::succeeded(*attack, proof))
}

/// Natively there is no host to attack.
#[cfg(not(target_family = "wasm"))]
mod wasi {
    use fermata_sdk::Failure;
    use serde_json::Value;

    use crate::Input;

    pub(super) fn run(_input: &Input) -> Result<Value, Failure> {
        Err(Failure::new("only a component has a host that offers WASI").retries(0))
    }
}
