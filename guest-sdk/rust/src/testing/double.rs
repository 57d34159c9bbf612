//! The functions of the host, answered from a test's settings.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::http::{Exchange, check_header};
use super::{LogRecord, SentRequest};
use crate::checkpoint::{self, Saved};
use crate::effects::{self, Begun};
use crate::http::{Error, Outgoing, Response};
use crate::log::Level;
use crate::{config, secrets};

/// What the stand-in's clock shows at first: 2026-01-01T00:00:00Z.
pub const START_UNIX: Duration = Duration::from_secs(1_767_225_600);

/// How long an attempt may take by the stand-in's clock, unless a test says otherwise.
const ATTEMPT_TIME: Duration = Duration::from_secs(300);

/// What a test has set and what the worker has done.
#[derive(Debug)]
pub(super) struct State {
    pub(super) attempt: u32,
    pub(super) retries_left: u32,
    pub(super) attempt_time: Duration,
    pub(super) deadline_ms: u64,
    pub(super) secrets: BTreeMap<String, Option<String>>,
    pub(super) config: BTreeMap<String, String>,
    pub(super) checkpoint: Option<Saved<Vec<u8>>>,
    pub(super) effects: BTreeMap<String, Effect>,
    pub(super) exchanges: VecDeque<Exchange>,
    pub(super) requests: Vec<SentRequest>,
    pub(super) log: Vec<LogRecord>,
    pub(super) slept: Duration,
    random: u64,
}

/// A call that was begun.
#[derive(Debug)]
pub(super) struct Effect {
    digest: Vec<u8>,
    answer: Option<Vec<u8>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            attempt: 1,
            retries_left: 2,
            attempt_time: ATTEMPT_TIME,
            deadline_ms: 0,
            secrets: BTreeMap::new(),
            config: BTreeMap::new(),
            checkpoint: None,
            effects: BTreeMap::new(),
            exchanges: VecDeque::new(),
            requests: Vec::new(),
            log: Vec::new(),
            slept: Duration::ZERO,
            random: 0,
        }
    }
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// Runs a closure with a state behind the host's functions and gives the state back.
pub(super) fn with_state<T>(state: State, run: impl FnOnce() -> T) -> (T, State) {
    STATE.with_borrow_mut(|slot| {
        assert!(slot.is_none(), "a worker under test cannot run another one");
        *slot = Some(state);
    });
    let emptied = EmptyOnDrop;
    let result = run();
    let state = STATE.take().expect("the state stays while the worker runs");
    drop(emptied);
    (result, state)
}

/// Leaves nothing behind on the thread when the worker panics.
struct EmptyOnDrop;

impl Drop for EmptyOnDrop {
    fn drop(&mut self) {
        STATE.take();
    }
}

fn state<T>(ask: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(|state| {
        ask(state
            .as_mut()
            .expect("there is no host here: run the worker through `fermata_sdk::testing::Host`"))
    })
}

/// Kept by the host under test; without one the record goes nowhere.
pub(crate) fn log(level: Level, message: &str, fields: &[(String, String)]) {
    STATE.with_borrow_mut(|state| {
        if let Some(state) = state {
            state.log.push(LogRecord { level, message: message.to_owned(), fields: fields.to_vec() });
        }
    });
}

pub(crate) fn attempt() -> u32 {
    state(|state| state.attempt)
}

pub(crate) fn retries_left() -> u32 {
    state(|state| state.retries_left)
}

pub(crate) fn deadline_ms() -> u64 {
    state(|state| state.deadline_ms)
}

pub(crate) fn process_instance_key() -> String {
    "2251799813685250".to_owned()
}

pub(crate) fn process_definition_key() -> String {
    "2251799813685251".to_owned()
}

pub(crate) fn process_definition_id() -> String {
    "test-process".to_owned()
}

pub(crate) fn process_definition_version() -> u32 {
    1
}

pub(crate) fn element_id() -> String {
    "test-task".to_owned()
}

pub(crate) fn element_instance_key() -> String {
    "2251799813685252".to_owned()
}

pub(crate) fn tenant_id() -> String {
    "<default>".to_owned()
}

pub(crate) fn checkpoint_get() -> Result<Option<Saved<Vec<u8>>>, checkpoint::Error> {
    Ok(state(|state| state.checkpoint.clone()))
}

pub(crate) fn checkpoint_put(value: &[u8]) -> Result<(), checkpoint::Error> {
    state(|state| {
        state.checkpoint =
            Some(Saved { value: value.to_vec(), writer_version: "0.0.0".to_owned(), attempt: state.attempt });
    });
    Ok(())
}

pub(crate) fn secret_placeholder(name: &str) -> Result<String, secrets::Error> {
    if state(|state| state.secrets.contains_key(name)) {
        return Ok(format!("{{secret {name}}}"));
    }
    Err(secrets::Error::NotGranted(format!("the secret `{name}` is not granted")))
}

pub(crate) fn secret_reveal(name: &str) -> Result<String, secrets::Error> {
    state(|state| state.secrets.get(name).cloned())
        .flatten()
        .ok_or_else(|| secrets::Error::NotGranted(format!("revealing the secret `{name}` is not granted")))
}

pub(crate) fn effect_begin(name: &str, digest: &[u8]) -> Result<Begun, effects::Error> {
    let vendor_key = format!("effect {name}");
    state(|state| match state.effects.get(name) {
        None => {
            state.effects.insert(name.to_owned(), Effect { digest: digest.to_vec(), answer: None });
            Ok(Begun::Fresh(vendor_key))
        }
        Some(effect) if effect.digest != digest => Err(effects::Error::DigestDiffers),
        Some(Effect { answer: Some(answer), .. }) => Ok(Begun::Answered(answer.clone())),
        Some(Effect { answer: None, .. }) => Ok(Begun::Unknown(vendor_key)),
    })
}

pub(crate) fn effect_finish(name: &str, answer: &[u8]) -> Result<(), effects::Error> {
    state(|state| {
        let effect = state.effects.get_mut(name).ok_or(effects::Error::NotBegun)?;
        effect.answer = Some(answer.to_vec());
        Ok(())
    })
}

pub(crate) fn config_get(key: &str) -> Result<Option<String>, config::Error> {
    Ok(state(|state| state.config.get(key).cloned()))
}

pub(crate) fn unix_time() -> Duration {
    START_UNIX + state(|state| state.slept)
}

pub(crate) fn monotonic() -> Duration {
    state(|state| state.slept)
}

pub(crate) fn sleep(duration: Duration) {
    state(|state| state.slept += duration);
}

/// A linear congruential sequence: enough to differ, the same in every run.
pub(crate) fn random_bytes(count: usize) -> Vec<u8> {
    const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
    state(|state| {
        let mut next = || {
            state.random = state.random.wrapping_mul(MULTIPLIER).wrapping_add(1);
            state.random.to_be_bytes()[0]
        };
        (0..count).map(|_| next()).collect()
    })
}

pub(crate) fn http_send(outgoing: Outgoing) -> Result<Response, Error> {
    for (name, value) in &outgoing.headers {
        check_header(name, value)?;
    }
    let bytes_max = outgoing.body_bytes_max;
    let sent = SentRequest::new(outgoing, monotonic());
    let exchange = state(|state| {
        state.requests.push(sent.clone());
        state.exchanges.pop_front()
    });
    let Some(Exchange { method, url, answer }) = exchange else {
        panic!("the worker sent {} {}, and the test expects no further request", sent.method, sent.url);
    };
    assert_eq!(
        (sent.method.as_str(), sent.url.as_str()),
        (method.as_str(), url.as_str()),
        "the worker sent another request than the test expects"
    );
    let response = answer.0?;
    if response.body.len() > bytes_max {
        return Err(Error::BodyTooLarge { bytes_max });
    }
    Ok(response)
}
