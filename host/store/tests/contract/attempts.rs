//! Attempts at jobs that are kept.

use engine::{Change, Event};
use fermata_store::{
    AttemptOutcome, AttemptReport, AttemptsOf, JobAttempt, LogLevel, LogRecord, LogSource, RemovalLimit,
    RequestAnswer, RequestMade, Store,
};
use types::{ElementInstanceKey, JobKey, PartitionId, ProcessInstanceKey};

use crate::scene::{Scene, at};

const PARTITION: PartitionId = PartitionId::FIRST;

fn report(message: &str) -> AttemptReport {
    let answers = [
        RequestAnswer::Status(404),
        RequestAnswer::Refused,
        RequestAnswer::Failed("connection reset".to_owned()),
        RequestAnswer::Pending,
    ];
    let request = |answer| RequestMade {
        method: "GET".to_owned(),
        endpoint: "crm.example".to_owned(),
        answer,
        duration_us: 1_500,
    };
    AttemptReport {
        wall_us: 2_000_000,
        cpu_us: 900,
        memory_peak_bytes: 1 << 20,
        requests: answers.map(request).into(),
        log: vec![LogRecord {
            at: at(6),
            level: LogLevel::Warn,
            source: LogSource::Stderr,
            message: message.to_owned(),
            fields: vec![("customer".to_owned(), "Ada".to_owned())],
        }],
        log_dropped: 3,
    }
}

/// An attempt at a job with each of the outcomes in turn.
fn attempt(
    scene: &mut Scene<'_>,
    instance: ProcessInstanceKey,
    element_instance: ElementInstanceKey,
    job: JobKey,
    number: u32,
) -> JobAttempt {
    let outcomes = [
        AttemptOutcome::Completed,
        AttemptOutcome::Again,
        AttemptOutcome::Parked,
        AttemptOutcome::BpmnError,
        AttemptOutcome::Failed,
        AttemptOutcome::Interrupted,
    ];
    let outcome = outcomes[number as usize % outcomes.len()];
    JobAttempt {
        key: scene.key(),
        instance,
        job,
        number,
        element_instance,
        element: "work".into(),
        job_type: "charge".into(),
        worker: "pay@1.2.0".into(),
        outcome,
        message: (outcome == AttemptOutcome::Failed).then(|| "no answer".into()),
        ended_at: at(7),
        report: report(&format!("line {number}")).encode().unwrap(),
    }
}

pub(crate) async fn attempts_are_kept_and_make_room(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let (instance, other) = (scene.start(), scene.start());
    let (job, second) = (scene.job(instance, "charge"), scene.job(instance, "charge"));
    let element = scene.enter(instance, "work");
    let first: Vec<_> = (1..=5).map(|number| attempt(&mut scene, instance, element, job, number)).collect();
    let of_second = attempt(&mut scene, instance, element, second, 1);
    let mut batch = scene.batch();
    batch.instances[0].attempts = first.iter().chain([&of_second]).cloned().map(Change::Put).collect();
    store.commit(batch).await.unwrap();
    let of_job = AttemptsOf::Job(job);
    let found = store.job_attempts(of_job, None, 9).await.unwrap();
    assert_eq!(found, first);
    assert_eq!(AttemptReport::decode(&found[1].report).unwrap(), report("line 2"));
    assert_eq!(store.job_attempts(of_job, None, 2).await.unwrap(), first[..2]);
    assert_eq!(store.job_attempts(of_job, Some(first[1].key), 9).await.unwrap(), first[2..]);
    let all = store.job_attempts(AttemptsOf::Instance(instance), None, 9).await.unwrap();
    assert_eq!((all.len(), all.last()), (6, Some(&of_second)));
    assert!(store.job_attempts(AttemptsOf::Instance(other), None, 9).await.unwrap().is_empty());
    let kept = store.kept_attempts(instance).await.unwrap();
    assert_eq!(kept, all.iter().map(JobAttempt::kept).collect::<Vec<_>>());

    // The two oldest make room for one more, also when nothing else of the instance has changed.
    scene.variable(instance, instance.root_scope(), "total", "1");
    let sixth = attempt(&mut scene, instance, element, job, 6);
    let mut batch = scene.batch();
    batch.instances[0].attempts =
        vec![Change::Delete(first[0].key), Change::Delete(first[1].key), Change::Put(sixth.clone())];
    store.commit(batch).await.unwrap();
    let expected: Vec<_> = first[2..].iter().chain([&sixth]).cloned().collect();
    assert_eq!(store.job_attempts(of_job, None, 9).await.unwrap(), expected);
}

pub(crate) async fn attempts_stay_with_their_instance(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let job = scene.job(instance, "charge");
    let element = scene.state(instance).job(job).unwrap().element_instance;
    let kept: Vec<_> = (1..=3).map(|number| attempt(&mut scene, instance, element, job, number)).collect();
    scene.emit(instance, Event::JobCompleted { job });
    scene.emit(instance, Event::ElementTerminated { key: element, at: at(8) });
    scene.emit(instance, Event::InstanceTerminated { at: at(8) });
    let mut batch = scene.batch();
    batch.instances[0].attempts = kept.iter().cloned().map(Change::Put).collect();
    store.commit(batch).await.unwrap();
    assert_eq!(store.job_attempts(AttemptsOf::Job(job), None, 9).await.unwrap(), kept);
    let one_row = RemovalLimit { rows: 1, bytes: u64::MAX };
    let mut left = Vec::new();
    for _ in 0..9 {
        store.remove_instances(PARTITION, &[instance], one_row).await.unwrap();
        left.push(store.job_attempts(AttemptsOf::Job(job), None, 9).await.unwrap().len());
    }
    assert_eq!((left[0], left[1], left[2], left.last()), (2, 1, 0, Some(&0)));
    assert!(store.process_instance(instance).await.unwrap().is_none());
}
