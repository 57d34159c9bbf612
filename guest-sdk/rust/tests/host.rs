//! What a worker asks of its host.

use std::time::Duration;

use fermata_sdk::effects::{self, Begun};
use fermata_sdk::log::Level;
use fermata_sdk::testing::{Answer, Host, LogRecord, START_UNIX};
use fermata_sdk::{Job, JobError, Outcome, checkpoint, config, context, http, log, random, secrets, time};
use serde_json::{Value, json};

fn job(work: impl FnOnce() -> Result<(), JobError>) -> impl FnOnce(Job<Value>) -> Result<(), JobError> {
    |_| work()
}

#[test]
fn a_checkpoint_survives_and_is_replaced() {
    let count = || {
        let count = checkpoint::get::<u32>()?.unwrap_or_default();
        checkpoint::put(&(count + 1))?;
        Ok(())
    };
    assert_eq!(Host::new().run(job(count), json!({})).checkpoint, Some(json!(1)));
    assert_eq!(
        Host::new().attempt(2, 0).checkpoint(&7).run(job(count), json!({})).checkpoint,
        Some(json!(8))
    );
}

#[test]
fn a_checkpoint_of_another_kind_names_its_writer() {
    let read = || {
        checkpoint::get::<u32>()?;
        Ok(())
    };
    let run = Host::new().checkpoint(&"a text").run(job(read), json!({}));
    assert!(run.failure().message.contains("version 0.0.0"), "{:?}", run.failure());
    assert_eq!(run.failure().retries, Some(0));
}

#[test]
fn a_secret_is_handed_out_as_granted() {
    let host = || Host::new().secret("HIDDEN").revealed_secret("SEEN", "s3cret");
    let run = host().run(
        job(|| {
            assert_eq!(secrets::placeholder("HIDDEN")?, "{secret HIDDEN}");
            assert_eq!(secrets::reveal("SEEN")?, "s3cret");
            secrets::reveal("HIDDEN")?;
            Ok(())
        }),
        json!({}),
    );
    assert!(run.failure().message.contains("HIDDEN"), "{:?}", run.failure());
    assert_eq!(run.failure().retries, Some(0));
}

#[test]
fn records_keep_their_level_and_fields() {
    let order = 7;
    let run = Host::new().run(
        job(|| {
            log::debug!("plain {order}");
            log::warn!("with {}", "fields"; order = order, who = "Ada");
            Ok(())
        }),
        json!({}),
    );
    let fields = vec![("order".to_owned(), "7".to_owned()), ("who".to_owned(), "Ada".to_owned())];
    assert_eq!(
        run.log,
        [
            LogRecord { level: Level::Debug, message: "plain 7".to_owned(), fields: Vec::new() },
            LogRecord { level: Level::Warn, message: "with fields".to_owned(), fields },
        ]
    );
}

#[test]
fn the_clock_moves_only_when_the_worker_sleeps() {
    let run = Host::new().run(
        job(|| {
            assert_eq!(time::unix(), START_UNIX);
            let (start, left) = (time::monotonic(), context::time_left());
            time::sleep(Duration::from_secs(90));
            assert_eq!(time::monotonic() - start, Duration::from_secs(90));
            assert_eq!(left - context::time_left(), Duration::from_secs(90));
            Ok(())
        }),
        json!({}),
    );
    assert_eq!(run.completed(), &json!({}));
    assert_eq!(run.slept, Duration::from_secs(90));
}

#[test]
fn random_bytes_differ_within_a_run_and_repeat_in_the_next() {
    let draw = |_: Job<Value>| -> Result<Value, JobError> {
        let (first, second): ([u8; 16], [u8; 16]) = (random::bytes(), random::bytes());
        assert_ne!(first, second);
        Ok(json!({ "first": first, "number": random::u64() }))
    };
    let once = Host::new().run(draw, json!({}));
    assert_eq!(once.completed(), Host::new().run(draw, json!({})).completed());
}

#[test]
fn settings_and_attempts_are_the_test_s() {
    let run = Host::new().config("base-url", "https://x.example").attempt(3, 1).run(
        job(|| {
            assert_eq!(config::get_or("base-url", "none")?, "https://x.example");
            assert_eq!(config::get_or("other", "none")?, "none");
            assert_eq!((context::attempt(), context::retries_left()), (3, 1));
            Ok(())
        }),
        json!({}),
    );
    assert_eq!(run.completed(), &json!({}));
}

#[test]
fn an_effect_is_begun_once_and_answered_once() {
    let run = Host::new().run(
        job(|| {
            assert_eq!(effects::begin("charge", b"1")?, Begun::Fresh("effect charge".to_owned()));
            assert_eq!(effects::begin("charge", b"1")?, Begun::Unknown("effect charge".to_owned()));
            assert_eq!(effects::begin("charge", b"2"), Err(effects::Error::DigestDiffers));
            effects::finish("charge", b"done")?;
            assert_eq!(effects::begin("charge", b"1")?, Begun::Answered(b"done".to_vec()));
            assert_eq!(effects::finish("refund", b""), Err(effects::Error::NotBegun));
            Ok(())
        }),
        json!({}),
    );
    assert_eq!(run.completed(), &json!({}));
}

#[test]
fn the_next_attempt_finds_what_the_one_before_has_left() {
    let attempt = || {
        let steps = checkpoint::get::<u32>()?.unwrap_or_default();
        checkpoint::put(&(steps + 1))?;
        let begun = effects::begin("charge", b"10 EUR")?;
        let known = match (context::attempt(), begun) {
            (1, Begun::Fresh(_)) => "fresh",
            (2, Begun::Unknown(_)) => {
                effects::finish("charge", b"paid")?;
                "unknown"
            }
            (3, Begun::Answered(_)) => "answered",
            (attempt, begun) => panic!("{begun:?} in attempt {attempt}"),
        };
        time::sleep(Duration::from_secs(1));
        let (left, retries) = (context::time_left(), context::retries_left());
        Ok(json!({ "steps": steps, "known": known, "left": left.as_secs(), "retries": retries }))
    };
    let worker = |_: Job<Value>| -> Result<Value, JobError> { attempt() };
    let host = Host::new().header("Region", "EU").time_left(Duration::from_secs(5));
    let first = host.run(worker, json!({}));
    assert_eq!(first.completed(), &json!({ "steps": 0, "known": "fresh", "left": 4, "retries": 2 }));
    let second = first.next_attempt().run(worker, json!({}));
    assert_eq!(second.completed(), &json!({ "steps": 1, "known": "unknown", "left": 4, "retries": 1 }));
    let third = second.next_attempt().time_left(Duration::from_secs(60)).run(worker, json!({}));
    assert_eq!(third.completed(), &json!({ "steps": 2, "known": "answered", "left": 59, "retries": 0 }));
    assert_eq!((third.checkpoint.clone(), third.slept), (Some(json!(3)), Duration::from_secs(3)));
    let header = |job: Job<Value>| -> Result<Value, JobError> { Ok(json!({ "in": job.header("Region") })) };
    assert_eq!(third.next_attempt().run(header, json!({})).completed(), &json!({ "in": "EU" }));
}

#[test]
fn a_job_may_go_on_later_or_elsewhere() {
    let ends = |outcome: fn(Duration) -> Outcome<()>| {
        let worker =
            move |_: Job<Value>| -> Result<Outcome<()>, JobError> { Ok(outcome(Duration::from_secs(7))) };
        Host::new().run(worker, json!({}))
    };
    assert_eq!(ends(Outcome::Again).again(), Duration::from_secs(7));
    assert_eq!(ends(Outcome::Parked).parked(), Duration::from_secs(7));
}

#[test]
fn an_answer_may_be_bytes() {
    let document: Vec<u8> = (0..=255).collect();
    let sent = document.clone();
    let worker = move |_: Job<Value>| -> Result<(), JobError> {
        assert_eq!(http::get("https://a.example/").send()?.body(), document);
        Ok(())
    };
    Host::new()
        .http("GET", "https://a.example/", Answer::bytes(200, sent))
        .run(worker, json!({}))
        .completed();
}
