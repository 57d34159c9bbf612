//! Which version an attempt runs on, and when a canary is given up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use runtime::{Assignment, Attempted, Checkpoints, Clock, Held, JobWorker};
use serde_json::{Value, json};
use types::{
    Actor, BpmnError, Failure, JobError, JobKey, JobOutcome, JobRequest, Key, PartitionId,
    ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp, Variables,
};

use super::choice::{Candidate, Choice};
use super::guarded::Guarded;
use super::plan::Plan;
use super::registered::Rollout;
use super::watch::{Bell, Count, Measure, Watch};

/// A version of a component that does nothing.
struct Idle {
    label: SharedStr,
    is_connector: bool,
}

#[async_trait]
impl JobWorker for Idle {
    fn label(&self) -> SharedStr {
        self.label.clone()
    }

    fn component(&self) -> SharedStr {
        self.label.clone()
    }

    fn concurrency(&self) -> usize {
        usize::MAX
    }

    fn is_connector(&self) -> bool {
        self.is_connector
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Ends as its job type says.
    async fn prepare(&self) -> Result<Held, JobError> {
        Ok(Held::default())
    }

    async fn run(&self, request: JobRequest, _: Arc<dyn Checkpoints>) -> Attempted {
        let result = match &*request.job_type {
            "fail" => Err(JobError::Failed(Failure::new("broken"))),
            "error" => Err(JobError::Bpmn(BpmnError {
                code: "NO_MONEY".to_owned(),
                message: String::new(),
                variables: Variables::new(),
            })),
            "host" => {
                let failed = Err(JobError::Failed(Failure::new("the store does not answer")));
                return Attempted { is_hosts_failure: true, ..failed.into() };
            }
            "again" => Ok(JobOutcome::Again { after_ms: 1 }),
            _ => Ok(JobOutcome::Completed(Variables::new())),
        };
        result.into()
    }
}

/// A clock that a test sets, in milliseconds.
#[derive(Default)]
struct Hands(AtomicI64);

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    async fn sleep_until(&self, _: Timestamp) {
        std::future::pending().await
    }
}

impl Hands {
    fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::Relaxed);
    }
}

fn plan(json: Value) -> Plan {
    Plan::read(json).unwrap()
}

fn split(shares: &[(&str, u32)]) -> Value {
    let share = |(version, weight): &(&str, u32)| json!({ "version": version, "weight": weight });
    shares.iter().map(share).collect()
}

fn rollout(json: Value) -> Rollout {
    let clock: Arc<dyn Clock> = Arc::new(Hands::default());
    Rollout::new(plan(json), 1, Timestamp::default(), Actor::default(), &clock, &Bell::default())
}

/// The choice between versions; those of a name that begins with `c` are connectors.
fn choice(versions: &[&str], plan: Option<Value>) -> Choice<Idle> {
    let candidate = |label: &&str| {
        let worker = Arc::new(Idle { label: (*label).into(), is_connector: label.starts_with('c') });
        Candidate { label: label.parse().unwrap(), worker }
    };
    let rollout = plan.map(rollout);
    Choice::new("charge".into(), versions.iter().map(candidate).collect(), rollout.as_ref()).unwrap()
}

/// An attempt of a job of process `order`, version 3.
struct Job {
    number: u64,
    attempt: u32,
    instance: u64,
    tenant: TenantId,
    headers: Vec<(SharedStr, SharedStr)>,
}

impl Job {
    fn number(number: u64) -> Self {
        Self { number, attempt: 1, instance: number, tenant: TenantId::default(), headers: Vec::new() }
    }

    fn asking_for(range: &str) -> Self {
        Self { headers: vec![("workerVersion".into(), range.into())], ..Self::number(1) }
    }

    fn assignment(&self) -> Assignment<'_> {
        Assignment {
            tenant: &self.tenant,
            job_type: "charge",
            job: JobKey(Key::new(PartitionId::FIRST, self.number)),
            attempt: self.attempt,
            headers: &self.headers,
            process_instance: ProcessInstanceKey(Key::new(PartitionId::FIRST, self.instance)),
            process_definition: ProcessDefinitionKey(Key::new(PartitionId::FIRST, 7)),
            bpmn_process_id: "order",
            process_version: 3,
        }
    }

    fn version(&self, choice: &Choice<Idle>) -> String {
        choice.choose(&self.assignment()).label().to_string()
    }
}

/// How many of so many attempts go to each version. Keys grow as those of instances with a few elements each do.
fn shares(choice: &Choice<Idle>, attempts: u64) -> BTreeMap<String, u64> {
    let mut shares = BTreeMap::new();
    for number in 0..attempts {
        *shares.entry(Job::number(1_000 + 5 * number).version(choice)).or_default() += 1;
    }
    shares
}

fn percent(shares: &BTreeMap<String, u64>, version: &str) -> f64 {
    let all: u64 = shares.values().sum();
    shares.get(version).copied().unwrap_or(0) as f64 * 100.0 / all as f64
}

async fn failure(choice: &Choice<Idle>, job: &Job) -> Failure {
    match run(&*choice.choose(&job.assignment()), "charge").await {
        Err(JobError::Failed(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

async fn run(worker: &dyn JobWorker, job_type: &str) -> Result<JobOutcome, JobError> {
    let request = JobRequest {
        key: JobKey::from_i64(1),
        job_type: job_type.into(),
        kind: types::JobKind::Task,
        attempt: 1,
        retries_left: 2,
        deadline: Timestamp::MAX,
        variables: Variables::new(),
        headers: Vec::new(),
        idempotency_key: "test-1".to_owned(),
        process_instance: ProcessInstanceKey::from_i64(2),
        process_definition: ProcessDefinitionKey::from_i64(3),
        bpmn_process_id: "order".into(),
        process_version: 1,
        element_id: "work".into(),
        element_instance: types::ElementInstanceKey::from_i64(4),
        tenant: TenantId::default(),
    };
    worker.run(request, Arc::new(NoCheckpoints)).await.result
}

struct NoCheckpoints;

#[async_trait]
impl Checkpoints for NoCheckpoints {
    fn saved(&self) -> Option<engine::state::Checkpoint> {
        None
    }

    async fn save(&self, _value: Vec<u8>) -> Result<(), runtime::CheckpointError> {
        Err(runtime::CheckpointError::Superseded)
    }
}

const THREE: [&str; 3] = ["pay@1.0.0", "pay@1.1.0", "pay@2.0.0"];

#[test]
fn attempts_are_split_as_asked() {
    for weights in [[90, 9, 1], [50, 25, 25], [34, 33, 33], [98, 1, 1]] {
        let versions: Vec<(&str, u32)> = THREE.into_iter().zip(weights).collect();
        for split_by in ["attempt", "processInstance"] {
            let choice = choice(&THREE, Some(json!({ "versions": split(&versions), "splitBy": split_by })));
            let shares = shares(&choice, 20_000);
            for (version, weight) in &versions {
                let percent = percent(&shares, version);
                assert!((percent - f64::from(*weight)).abs() < 2.0, "{version}: {percent} of {weight} %");
            }
        }
    }
}

#[test]
fn the_same_attempt_goes_to_the_same_version_and_a_retry_may_not() {
    let versions = split(&[("pay@1.0.0", 50), ("pay@2.0.0", 50)]);
    let by_attempt = choice(&THREE, Some(json!({ "versions": versions })));
    let by_instance = choice(&THREE, Some(json!({ "versions": versions, "splitBy": "processInstance" })));
    let (mut moved, mut mixed) = (0, 0);
    for number in 0..2_000 {
        let first = Job::number(number);
        let retry = Job { attempt: 2, ..Job::number(number) };
        assert_eq!(first.version(&by_attempt), first.version(&by_attempt));
        moved += u32::from(first.version(&by_attempt) != retry.version(&by_attempt));
        assert_eq!(first.version(&by_instance), retry.version(&by_instance));
        let next = Job { instance: number, ..Job::number(number + 1) };
        assert_eq!(first.version(&by_instance), next.version(&by_instance), "another job of the instance");
        mixed += u32::from(first.version(&by_attempt) != next.version(&by_attempt));
    }
    assert!((900..1_100).contains(&moved) && (900..1_100).contains(&mixed), "{moved} {mixed}");
}

#[test]
fn without_a_rollout_the_newest_upload_serves_and_with_one_it_does_not() {
    assert_eq!(Job::number(1).version(&choice(&["pay@2.0.0", "pay@1.0.0"], None)), "pay@1.0.0");
    let only = json!({ "versions": split(&[("pay@1.0.0", 100)]) });
    let choice = choice(&["pay@1.0.0", "pay@2.0.0", "other@0.1.0"], Some(only));
    assert_eq!(shares(&choice, 1_000).len(), 1);
    assert_eq!(Job::number(1).version(&choice), "pay@1.0.0");
    assert_eq!(choice.in_traffic().len(), 1);
}

#[test]
fn canaries_of_a_process_do_no_jobs_of_others() {
    let versions = split(&[("pay@1.0.0", 50), ("pay@2.0.0", 50)]);
    let definition = Key::new(PartitionId::FIRST, 7).get().to_string();
    for (process, is_its) in [
        (json!({ "processDefinitionId": "order" }), true),
        (json!({ "processDefinitionId": "order", "processDefinitionVersion": 3 }), true),
        (json!({ "processDefinitionId": "order", "processDefinitionVersion": 4 }), false),
        (json!({ "processDefinitionId": "refund" }), false),
        (json!({ "processDefinitionKey": definition }), true),
        (json!({ "processDefinitionKey": "8" }), false),
    ] {
        let choice = choice(&THREE, Some(json!({ "versions": versions, "process": process })));
        let shares = shares(&choice, 1_000);
        assert_eq!(shares.contains_key("pay@2.0.0"), is_its, "{process}: {shares:?}");
        assert!(shares.contains_key("pay@1.0.0"));
    }
}

#[test]
fn a_task_gets_the_versions_that_it_asks_for() {
    let uploads = ["pay@1.2.0", "pay@2.0.0", "pay@1.1.0", "pay@2.1.0-rc.1"];
    let none = choice(&uploads, None);
    for (range, expected) in
        [("^1", "pay@1.2.0"), ("~1.1", "pay@1.1.0"), (" >=1, <3", "pay@2.0.0"), ("*", "pay@2.0.0")]
    {
        assert_eq!(Job::asking_for(range).version(&none), expected, "{range}");
    }
    assert_eq!(Job::asking_for("=2.1.0-rc.1").version(&none), "pay@2.1.0-rc.1");
    // The split is among those of the roll-out that fit, and an upload takes nothing from them.
    let split = split(&[("pay@1.1.0", 80), ("pay@2.0.0", 20)]);
    let rolled_out = choice(&uploads, Some(json!({ "versions": split })));
    assert_eq!(Job::asking_for("^1").version(&rolled_out), "pay@1.1.0");
    assert_eq!(Job::asking_for("^2").version(&rolled_out), "pay@2.0.0");
    assert_eq!(Job::asking_for("=1.2.0").version(&rolled_out), "pay@1.2.0", "none of the roll-out fits");
    let both = (0..1_000).map(|number| Job { number, ..Job::asking_for(">=1") }.version(&rolled_out));
    let canary = both.filter(|version| version == "pay@2.0.0").count();
    assert!((150..250).contains(&canary), "{canary}");
}

#[test]
fn a_pinned_process_gets_its_range_whatever_its_task_asks_for() {
    let pin = |id: &str, version: Value, range: &str| json!({ "processDefinitionId": id, "processDefinitionVersion": version, "workerVersion": range });
    for (pins, expected) in [
        (json!([pin("order", json!(3), "^1")]), "pay@1.1.0"),
        (json!([pin("order", json!(2), "^1")]), "pay@2.0.0"),
        (json!([pin("refund", json!(null), "^1")]), "pay@2.0.0"),
        (json!([pin("order", json!(null), "=1.0.0"), pin("order", json!(3), "^1")]), "pay@1.1.0"),
        (json!([pin("order", json!(null), "=1.0.0"), pin("order", json!(2), "^1")]), "pay@1.0.0"),
    ] {
        let versions = split(&[("pay@2.0.0", 100)]);
        let choice = choice(&THREE, Some(json!({ "versions": versions, "pins": pins })));
        assert_eq!(Job::asking_for("^2").version(&choice), expected, "{pins}");
    }
}

#[tokio::test]
async fn a_range_that_nothing_is_in_fails_for_good_and_names_what_there_is() {
    let none = choice(&["pay@1.0.0", "pay@2.0.0"], None);
    let failed = failure(&none, &Job::asking_for("^3")).await;
    assert_eq!(failed.retries, Some(0));
    let expected = "no version of a component that does `charge` is in `^3`, which the task's header `workerVersion` \
                    asks for: here are pay@2.0.0, pay@1.0.0";
    assert!(failed.message.starts_with(expected), "{}", failed.message);
    let failed = failure(&none, &Job::asking_for("new")).await;
    assert!(failed.message.contains("is no range of versions"), "{}", failed.message);
    let pins = json!([{ "processDefinitionId": "order", "workerVersion": "^3" }]);
    let pinned = choice(&THREE, Some(json!({ "versions": split(&[("pay@1.0.0", 100)]), "pins": pins })));
    let failed = failure(&pinned, &Job::number(1)).await;
    assert!(failed.message.contains("`^3`, to which the roll-out pins the process"), "{}", failed.message);
    let many: Vec<String> = (0..12).map(|minor| format!("pay@1.{minor}.0")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let failed = failure(&choice(&many, None), &Job::asking_for("^3")).await;
    assert!(failed.message.contains("pay@1.2.0 and 2 lower ones"), "{}", failed.message);
}

#[tokio::test]
async fn a_version_that_is_not_here_gets_its_share_and_fails_it() {
    let plan = json!({ "versions": split(&[("pay@1.0.0", 50), ("pay@9.0.0", 50)]) });
    let choice = choice(&["pay@1.0.0", "pay@2.0.0"], Some(plan));
    let shares = shares(&choice, 1_000);
    assert_eq!(shares.keys().collect::<Vec<_>>(), ["pay@1.0.0", "pay@9.0.0"]);
    let job = (0..).map(Job::number).find(|job| job.version(&choice) == "pay@9.0.0").unwrap();
    let failed = failure(&choice, &job).await;
    assert!(failed.message.contains("the roll-out of `charge` names `pay@9.0.0`, which is not here"));
    assert_eq!(failed.retries, Some(0));
    // A type whose only component has gone still belongs to components.
    let gone = Choice::<Idle>::new(
        "charge".into(),
        Vec::new(),
        Some(&rollout(json!({ "versions": split(&[("pay@1.0.0", 100)]) }))),
    );
    assert!(gone.is_some());
    assert!(Choice::<Idle>::new("charge".into(), Vec::new(), None).is_none());
}

#[test]
fn versions_of_another_kind_are_no_choice() {
    let choice =
        choice(&["pay@1.0.0", "charger@2.0.0"], Some(json!({ "versions": split(&[("pay@1.0.0", 100)]) })));
    assert!(!choice.stands_for_all().is_connector());
    assert_eq!(Job::asking_for("^2").version(&choice), "no-version");
}

#[tokio::test]
async fn a_version_that_has_become_of_another_kind_is_as_good_as_gone() {
    let versions = split(&[("pay@1.0.0", 50), ("charger@2.0.0", 50)]);
    let choice = choice(&["pay@1.0.0", "charger@2.0.0"], Some(json!({ "versions": versions })));
    assert_eq!(choice.in_traffic().len(), 1);
    let job = (0..).map(Job::number).find(|job| job.version(&choice) == "charger@2.0.0").unwrap();
    assert!(!choice.choose(&job.assignment()).is_connector(), "its job is seen as the others are");
    let failed = failure(&choice, &job).await;
    assert!(failed.message.contains("names `charger@2.0.0`, which is not here"), "{}", failed.message);
}

/// A watch over a stable version and a canary, with its clock.
fn watch(guard: Value) -> (Arc<Watch>, Arc<Hands>) {
    let hands = Arc::new(Hands::default());
    hands.set(1_700_000_000_000);
    let versions = split(&[("pay@1.0.0", 90), ("pay@2.0.0", 10)]);
    let plan = plan(json!({ "versions": versions, "guard": guard }));
    let watch = Watch::of(&plan, Arc::clone(&hands) as Arc<dyn Clock>, Bell::default()).unwrap();
    (Arc::new(watch), hands)
}

fn count(watch: &Watch, index: usize, successes: u32, failures: u32) {
    (0..successes).for_each(|_| watch.count(index, false));
    (0..failures).for_each(|_| watch.count(index, true));
}

#[test]
fn a_canary_is_given_up_when_its_rate_is_above_and_enough_have_ended() {
    let (watch, _) = watch(json!({ "failAbovePercent": 10, "afterAttempts": 20 }));
    count(&watch, 0, 0, 100);
    count(&watch, 1, 0, 19);
    assert!(watch.finding().is_none(), "19 attempts say nothing, and the stable version is not judged");
    count(&watch, 1, 0, 1);
    let finding = watch.finding().unwrap().clone();
    assert_eq!(finding.version.to_string(), "pay@2.0.0");
    assert_eq!(finding.canary, Count { attempts: 20, failures: 20 });
    assert_eq!(finding.measure, Measure::Above(10.0));
    count(&watch, 1, 0, 5);
    assert_eq!(watch.finding(), Some(&finding), "the first finding stays");
    assert_eq!(
        finding.reason(),
        "`pay@2.0.0` failed in 20 of 20 attempts (100.0 %) within 60 s: at most 10 % were allowed"
    );
    assert_eq!(finding.figures()["stableFailures"], 100);
}

#[test]
fn a_canary_at_the_threshold_stays() {
    let (watch, _) = watch(json!({ "failAbovePercent": 10, "afterAttempts": 20 }));
    count(&watch, 1, 90, 10);
    assert!(watch.finding().is_none());
    count(&watch, 1, 0, 1);
    assert!(watch.finding().is_some());
}

#[test]
fn a_canary_may_fail_as_often_as_the_stable_version() {
    let (watch, _) = watch(json!({ "failAboveStableBy": 5, "afterAttempts": 10 }));
    count(&watch, 1, 0, 10);
    assert!(watch.finding().is_none(), "nothing is known of the stable version");
    count(&watch, 0, 0, 10);
    count(&watch, 1, 0, 10);
    assert!(watch.finding().is_none(), "both fail always");
    count(&watch, 0, 1, 0);
    count(&watch, 1, 0, 1);
    assert!(watch.finding().is_some());
    assert!(watch.finding().unwrap().reason().contains("5 points more than the stable version's 90.9 %"));
}

#[test]
fn what_is_older_than_the_window_is_forgotten() {
    let (watch, hands) = watch(json!({ "failAbovePercent": 50, "afterAttempts": 10, "windowSeconds": 60 }));
    let start = 1_700_000_000_000;
    count(&watch, 1, 0, 9);
    hands.set(start + 30_000);
    count(&watch, 1, 20, 0);
    assert_eq!(watch.counts()[1], Count { attempts: 29, failures: 9 });
    hands.set(start + 61_000);
    assert_eq!(watch.counts()[1], Count { attempts: 20, failures: 0 });
    count(&watch, 1, 0, 1);
    assert!(watch.finding().is_none());
    // A clock that is set back loses nothing, and one that leaps forgets all.
    hands.set(start);
    count(&watch, 1, 1, 0);
    assert_eq!(watch.counts()[1], Count { attempts: 22, failures: 1 });
    hands.set(start + 86_400_000);
    assert_eq!(watch.counts()[1], Count::default());
}

#[tokio::test]
async fn only_technical_failures_count() {
    let (watch, _) = watch(json!({ "failAbovePercent": 50 }));
    let worker = Arc::new(Idle { label: "pay@2.0.0".into(), is_connector: false });
    let guarded = Guarded::new(worker, Arc::clone(&watch), 1);
    for (job_type, expected) in [
        ("done", Count { attempts: 1, failures: 0 }),
        ("error", Count { attempts: 2, failures: 0 }),
        ("again", Count { attempts: 2, failures: 0 }),
        ("host", Count { attempts: 2, failures: 0 }),
        ("fail", Count { attempts: 3, failures: 1 }),
    ] {
        let _ = run(&guarded, job_type).await;
        assert_eq!(watch.counts()[1], expected, "{job_type}");
    }
    assert_eq!(guarded.label().as_str(), "pay@2.0.0");
}
