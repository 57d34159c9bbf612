//! The small interfaces: log, context, checkpoint, secrets, effects, configuration, clocks, randomness.

use std::time::Duration;

use wasip2::clocks::{monotonic_clock, wall_clock};

use super::bindings::fermata::host as imports;
use super::bindings::wasi::config::store;
use crate::checkpoint::{self, Saved};
use crate::effects::{self, Begun};
use crate::log::Level;
use crate::{config, secrets};

pub(crate) fn log(level: Level, message: &str, fields: &[(String, String)]) {
    let level = match level {
        Level::Trace => imports::log::Level::Trace,
        Level::Debug => imports::log::Level::Debug,
        Level::Info => imports::log::Level::Info,
        Level::Warn => imports::log::Level::Warn,
        Level::Error => imports::log::Level::Error,
    };
    imports::log::write(level, message, fields);
}

pub(crate) use imports::job_context::{
    attempt, deadline_ms, element_id, element_instance_key, process_definition_id, process_definition_key,
    process_definition_version, process_instance_key, retries_left, tenant_id,
};

pub(crate) fn checkpoint_get() -> Result<Option<Saved<Vec<u8>>>, checkpoint::Error> {
    let saved = imports::checkpoint::get().map_err(checkpoint_error)?;
    Ok(saved.map(|saved| Saved {
        value: saved.value,
        writer_version: saved.writer_version,
        attempt: saved.attempt,
    }))
}

pub(crate) fn checkpoint_put(value: &[u8]) -> Result<(), checkpoint::Error> {
    imports::checkpoint::put(value).map_err(checkpoint_error)
}

pub(crate) fn secret_placeholder(name: &str) -> Result<String, secrets::Error> {
    imports::secrets::placeholder(name).map_err(secret_error)
}

pub(crate) fn secret_reveal(name: &str) -> Result<String, secrets::Error> {
    imports::secrets::reveal(name).map_err(secret_error)
}

pub(crate) fn effect_begin(name: &str, digest: &[u8]) -> Result<Begun, effects::Error> {
    match imports::effects::begin(name, digest).map_err(effect_error)? {
        imports::effects::Begun::Fresh(vendor_key) => Ok(Begun::Fresh(vendor_key)),
        imports::effects::Begun::Unknown(vendor_key) => Ok(Begun::Unknown(vendor_key)),
        imports::effects::Begun::Answered(answer) => Ok(Begun::Answered(answer)),
    }
}

pub(crate) fn effect_finish(name: &str, answer: &[u8]) -> Result<(), effects::Error> {
    imports::effects::finish(name, answer).map_err(effect_error)
}

pub(crate) fn config_get(key: &str) -> Result<Option<String>, config::Error> {
    store::get(key).map_err(|error| match error {
        store::Error::Upstream(message) | store::Error::Io(message) => config::Error(message),
    })
}

pub(crate) fn unix_time() -> Duration {
    let now = wall_clock::now();
    Duration::new(now.seconds, now.nanoseconds)
}

pub(crate) fn monotonic() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

pub(crate) fn sleep(duration: Duration) {
    monotonic_clock::subscribe_duration(nanoseconds(duration)).block();
}

pub(crate) fn random_bytes(count: usize) -> Vec<u8> {
    wasip2::random::random::get_random_bytes(count as u64)
}

/// A duration as WASI counts it; more than 584 years are as good as for ever.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn checkpoint_error(error: imports::checkpoint::Error) -> checkpoint::Error {
    match error {
        imports::checkpoint::Error::Superseded => checkpoint::Error::Superseded,
        imports::checkpoint::Error::TooLarge(bytes_max) => checkpoint::Error::TooLarge { bytes_max },
        imports::checkpoint::Error::Unavailable(why) => checkpoint::Error::Unavailable(why),
    }
}

fn secret_error(error: imports::secrets::Error) -> secrets::Error {
    match error {
        imports::secrets::Error::NotGranted(why) => secrets::Error::NotGranted(why),
        imports::secrets::Error::NotSet(why) => secrets::Error::NotSet(why),
    }
}

fn effect_error(error: imports::effects::Error) -> effects::Error {
    match error {
        imports::effects::Error::NotOffered(why) => effects::Error::NotOffered(why),
        imports::effects::Error::DigestDiffers => effects::Error::DigestDiffers,
        imports::effects::Error::NotBegun => effects::Error::NotBegun,
        imports::effects::Error::Superseded => effects::Error::Superseded,
        imports::effects::Error::TooLarge(bytes_max) => effects::Error::TooLarge { bytes_max },
        imports::effects::Error::Unavailable(why) => effects::Error::Unavailable(why),
    }
}
