//! Attacks on what WASI offers, in the words of WASI: the SDK has none for them, or looks at them first.

mod outside;
mod request;

use fermata_sdk::{Failure, secrets};
use serde_json::Value;
use wasip2::cli::{exit, stdout};
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::random::random::get_random_bytes;

use crate::{Attack, Input};

/// More than any host lets a guest have.
const MANY: u64 = 1_000_000;

/// Of one request for random bytes among many, in bytes.
const RANDOM_BYTES: u64 = 1024 * 1024;

/// An hour, in nanoseconds.
const HOUR_NS: u64 = 3_600_000_000_000;

pub(super) fn run(input: &Input) -> Result<Value, Failure> {
    let Input { attack, url, secret, text, amount } = input;
    Ok(match attack {
        Attack::RandomFlood => random_flood(amount.unwrap_or(MANY)).into(),
        Attack::RandomGiant => get_random_bytes(amount.unwrap_or(u64::from(u32::MAX))).len().into(),
        Attack::TimersFlood => timers_flood(amount.unwrap_or(MANY)).into(),
        Attack::SleepForEver => sleep(amount.unwrap_or(u64::MAX)).into(),
        Attack::Exit => leave(),
        Attack::OutputFlood => output(amount.unwrap_or(MANY), "noise")?.into(),
        Attack::SecretInOutput => {
            output(1, &secrets::reveal(secret).map_err(|error| Failure::new(error.to_string()))?)?.into()
        }
        Attack::RawRequest => request::send(url, if text.is_empty() { "GET" } else { text }, &[])?.into(),
        Attack::RawHeader => request::send(url, "GET", &[text])?.into(),
        Attack::EndlessBody => request::send_body(url, *amount)?.into(),
        Attack::OpenRequests => request::leave_open(url, amount.unwrap_or(MANY))?.into(),
        Attack::ReadFile => outside::read_file(text)?.into(),
        Attack::Environment => outside::environment()?.into(),
        Attack::Arguments => outside::arguments()?.into(),
        Attack::Input => outside::input()?.into(),
        Attack::Connect => outside::connect(amount.unwrap_or(0))?.into(),
        Attack::Listen => outside::listen()?.into(),
        Attack::Datagram => outside::datagram()?.into(),
        Attack::LookUp => outside::look_up(text)?.into(),
        other => return Err(Failure::new(format!("{other:?} needs nothing of WASI")).retries(0)),
    })
}

fn random_flood(count: u64) -> u64 {
    (0..count).map(|_| get_random_bytes(RANDOM_BYTES).len() as u64).sum()
}

fn timers_flood(count: u64) -> usize {
    let timers: Vec<_> = (0..count).map(|_| subscribe_duration(HOUR_NS)).collect();
    timers.len()
}

fn sleep(nanoseconds: u64) -> u64 {
    subscribe_duration(nanoseconds).block();
    nanoseconds
}

fn leave() -> Value {
    exit::exit(Err(()));
    Value::Null
}

fn output(lines: u64, text: &str) -> Result<u64, Failure> {
    let stdout = stdout::get_stdout();
    for _ in 0..lines {
        stdout
            .blocking_write_and_flush(format!("{text}\n").as_bytes())
            .map_err(|error| Failure::new(format!("the host takes no more output: {error}")))?;
    }
    Ok(lines)
}
