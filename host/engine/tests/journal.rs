//! The journal's bytes: what earlier releases have written stays readable, and this release writes the same.
//!
//! `golden/journal-1.hex` has a line per event kind: its name and the bytes of an entry with that one event. Fields that came
//! later have lines of their own, such as `JobCreated.2`. `golden/outgoing-1.hex` has one for each thing asked of others.
//! A line is never changed or removed. `UPDATE_GOLDEN=1` adds the lines of new kinds.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use fermata_engine::journal::{self, Entry};
use fermata_engine::outgoing::{CallProcess, EvaluateDecision, FindFiles, ThrownError, WantedFile};
use fermata_engine::state::{
    Awaited, Caller, ConditionLeft, ElementState, IncidentKind, JobKind, MailboxAddress, Role, Sequel,
    TaskChange, TaskChangeKind, TaskCorrections,
};
use fermata_engine::{Event, Outgoing, event};
use types::{
    Actor, CompensationKey, DecisionEvaluationKey, DecisionKey, ElementInstanceKey, FileKind, IncidentKey,
    JobKey, Json, MessageKey, ProcessDefinitionKey, ProcessInstanceKey, ResourceKey, SharedStr, SignalKey,
    SubscriptionKey, TenantId, TimerKey, Timestamp, UserTaskKey, VariableKey, Variables,
};

#[test]
fn golden_events_stay_readable_and_are_what_is_written() -> anyhow::Result<()> {
    let samples = event_samples().into_iter().map(|(name, event)| {
        let at = Timestamp::from_millis(1_767_225_600_000);
        (name, Entry { at, actor: Actor::new("ada"), events: vec![event] })
    });
    check_golden(
        "journal-1.hex",
        samples.collect(),
        |entry| journal::encode(std::slice::from_ref(entry)),
        |bytes| Ok(journal::decode(bytes)?.remove(0)),
    )
}

#[test]
fn golden_outgoing_stays_readable_and_is_what_is_written() -> anyhow::Result<()> {
    check_golden(
        "outgoing-1.hex",
        outgoing_samples().into_iter().map(|outgoing| (name(&outgoing), outgoing)).collect(),
        |outgoing| minicbor::to_vec(outgoing).unwrap_or_default(),
        |bytes| Ok(minicbor::decode(bytes)?),
    )
}

/// Compares samples with the golden lines of a file: each is written as its line says, and read from it.
fn check_golden<T: PartialEq + Debug>(
    file: &str,
    samples: Vec<(String, T)>,
    encode: impl Fn(&T) -> Vec<u8>,
    decode: impl Fn(&[u8]) -> anyhow::Result<T>,
) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    let golden: BTreeMap<String, String> = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, bytes)| (name.to_owned(), bytes.to_owned()))
        .collect();
    let mut lines = golden.clone();
    let count = samples.len();
    for (name, sample) in samples {
        let written = hex(&encode(&sample));
        if let Some(bytes) = golden.get(&name) {
            let read = decode(&unhex(bytes)?).with_context(|| format!("golden {name}"))?;
            ensure!(read == sample, "{name}: the golden bytes read as {read:?}");
            ensure!(*bytes == written, "{name} is written as\n{written}, golden is\n{bytes}");
        } else {
            ensure!(
                std::env::var_os("UPDATE_GOLDEN").is_some(),
                "{name} has no golden line: UPDATE_GOLDEN=1 adds it"
            );
            lines.insert(name, written);
        }
    }
    ensure!(lines.len() == count, "a golden line has no sample any more, or two samples have one name");
    if lines != golden {
        let mut text = String::new();
        for (name, bytes) in lines {
            writeln!(text, "{name} {bytes}")?;
        }
        std::fs::create_dir_all(path.parent().context("folder")?)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

#[test]
fn a_newer_format_and_damage_are_told_apart() {
    let newer = journal::decode(&[99, 0x80]).map_err(|error| error.to_string());
    assert_eq!(
        newer,
        Err("journal format 99 is newer than 1, the newest that this release reads".to_owned())
    );
    assert!(matches!(journal::decode(&[1, 0xff, 0xff]), Err(journal::Error::Damaged(_))));
    assert!(journal::decode(&[]).is_ok_and(|entries| entries.is_empty()));
}

fn name(sample: &impl Debug) -> String {
    format!("{sample:?}").split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> anyhow::Result<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|index| Ok(u8::from_str_radix(text.get(index..index + 2).context("odd length")?, 16)?))
        .collect()
}

/// One event of every kind, every field filled.
fn event_samples() -> Vec<(String, Event)> {
    let first = first_samples().into_iter().chain(newer_samples()).map(|event| (name(&event), event));
    first.chain(samples_of_newer_fields().into_iter().map(|event| (name(&event) + ".2", event))).collect()
}

/// The events, and their fields, that there were in the first release.
fn first_samples() -> Vec<Event> {
    let at = Timestamp::from_millis(1_767_225_600_001);
    let text = SharedStr::from("text");
    let element = ElementInstanceKey::from_i64(11);
    let job = JobKey::from_i64(12);
    let task = UserTaskKey::from_i64(13);
    vec![
        Event::InstanceCreated {
            key: ProcessInstanceKey::from_i64(1),
            definition: ProcessDefinitionKey::from_i64(2),
            bpmn_process_id: text.clone(),
            version: 3,
            tenant: TenantId::default(),
            at,
            version_tag: Some(text.clone()),
            business_id: Some(text.clone()),
            tags: vec![text.clone()],
            caller: None,
            started_by: None,
            scope_state: None,
        },
        Event::InstanceCompleted { at },
        Event::InstanceTerminated { at },
        Event::Paused {},
        Event::Resumed {},
        Event::TokenParked { scope: element, flow: text.clone() },
        Event::TokenTaken { scope: element, flow: text.clone() },
        Event::ElementEntered {
            key: element,
            scope: element,
            element: text.clone(),
            flow: Some(text.clone()),
            state: ElementState::Activating,
            at,
            role: None,
        },
        Event::ElementActivated { key: element },
        Event::ElementCompleting { key: element },
        Event::ElementCompleted { key: element, at },
        Event::ElementTerminated { key: element, at },
        Event::VariableSet {
            key: VariableKey::from_i64(4),
            scope: element,
            name: text.clone(),
            value: Json::from_trusted("{\"a\":1.10}"),
        },
        Event::JobCreated {
            key: job,
            element_instance: element,
            job_type: text.clone(),
            retries: 3,
            headers: vec![event::Header { name: text.clone(), value: text.clone() }],
            kind: None,
            priority: None,
        },
        Event::JobActivated { job, attempt: 1, worker: text.clone(), deadline: at },
        Event::JobStarted { job, attempt: 1, worker: text.clone(), deadline: at },
        Event::JobInterrupted { job, retries: 3 },
        Event::JobTimedOut { job, retries: 2 },
        Event::JobCompleted { job },
        Event::JobFailed { job, retries: 2, retry_at: at, message: text.clone() },
        Event::JobErrorThrown { job, code: text.clone(), message: text.clone() },
        Event::JobErrorUncaught { job, code: text.clone(), message: text.clone() },
        Event::JobRetriesUpdated { job, retries: 5 },
        Event::JobDeadlineUpdated { job, deadline: at },
        Event::JobPostponed { job, retry_at: at },
        Event::JobParked { job, deadline: at },
        Event::JobReleased { job },
        Event::CheckpointSaved { job, attempt: 2, value: vec![0, 255], writer_version: text.clone() },
        Event::TimerCreated {
            key: TimerKey::from_i64(5),
            element_instance: element,
            element: text.clone(),
            due: at,
            fired: 1,
            trigger: None,
        },
        Event::TimerTriggered { key: TimerKey::from_i64(5) },
        Event::UserTaskCreated {
            key: task,
            element_instance: element,
            assignee: Some(text.clone()),
            candidate_groups: vec![text.clone()],
            candidate_users: vec![text.clone()],
            due_date: Some(at),
            follow_up_date: Some(at),
            priority: 50,
            form_key: Some(text.clone()),
            external_form_reference: Some(text.clone()),
            at,
            form: None,
        },
        Event::UserTaskAssigned { key: task, assignee: None },
        Event::UserTaskUpdated {
            key: task,
            candidate_groups: vec![text.clone()],
            candidate_users: vec![],
            due_date: None,
            follow_up_date: Some(at),
            priority: 100,
        },
        Event::UserTaskCompleted { key: task, at },
        Event::IncidentCreated {
            key: IncidentKey::from_i64(6),
            element_instance: element,
            job: Some(job),
            kind: IncidentKind::ConditionError,
            message: text,
            at,
        },
        Event::IncidentResolved { key: IncidentKey::from_i64(6), at },
    ]
}

fn caller() -> Caller {
    Caller {
        instance: ProcessInstanceKey::from_i64(21),
        element_instance: ElementInstanceKey::from_i64(22),
        root: ProcessInstanceKey::from_i64(23),
        depth: 2,
    }
}

fn mailbox() -> MailboxAddress {
    let text = |text: &str| SharedStr::from(text);
    MailboxAddress { tenant: TenantId::default(), name: text("name"), correlation_key: text("key") }
}

fn variables() -> Variables {
    [("a", "1.10"), ("b", "[true]")]
        .into_iter()
        .map(|(name, value)| (SharedStr::from(name), Json::from_trusted(value)))
        .collect()
}

/// Events that came later.
fn newer_samples() -> Vec<Event> {
    let at = Timestamp::from_millis(1_767_225_600_001);
    let text = SharedStr::from("text");
    let element = ElementInstanceKey::from_i64(11);
    let task = UserTaskKey::from_i64(13);
    let subscription = SubscriptionKey::from_i64(14);
    let compensation = CompensationKey::from_i64(15);
    let corrections = TaskCorrections {
        assignee: Some(text.clone()),
        candidate_groups: Some(vec![text.clone()]),
        candidate_users: Some(vec![]),
        due_date: Some(at),
        follow_up_date: Some(Timestamp::MAX),
        priority: Some(80),
    };
    vec![
        Event::EndPlanned { after: vec![text.clone()] },
        Event::Suspended {},
        Event::Unsuspended {},
        Event::ElementTerminating {
            key: element,
            sequel: Some(Sequel::Event { element: text.clone(), variables: variables() }),
        },
        Event::ScopeEmptying { key: element, sequel: Sequel::Leave {} },
        Event::ScopeEmptied { key: element },
        Event::CalledEnded { key: element },
        Event::InstanceMigrated {
            definition: ProcessDefinitionKey::from_i64(2),
            bpmn_process_id: text.clone(),
            version: 4,
            version_tag: Some(text.clone()),
            renamed: vec![event::Renamed { from: text.clone(), to: SharedStr::from("other") }],
        },
        Event::ListenerCompleted { key: element },
        Event::LoopStarted { key: element, total: Some(2), items: Some(Json::from_trusted("[1.10,null]")) },
        Event::LoopResultKept { key: element, counter: 2, value: Json::from_trusted("{\"a\":1.10}") },
        Event::LoopClosed { key: element },
        Event::ProcessCalled { key: element, instance: ProcessInstanceKey::from_i64(16) },
        Event::JobCanceled { job: JobKey::from_i64(12) },
        Event::UserTaskChangePending {
            key: task,
            change: TaskChange {
                kind: TaskChangeKind::Complete,
                listeners_done: 1,
                properties: corrections.clone(),
                variables: Some(variables()),
                is_local: Some(true),
            },
        },
        Event::UserTaskChangeDecided {
            key: task,
            corrections: Some(corrections),
            denied_reason: Some(text.clone()),
        },
        Event::SubscriptionOpened {
            key: subscription,
            element_instance: element,
            element: text.clone(),
            trigger: 1,
            awaited: Awaited::Message { name: text.clone(), correlation_key: text.clone() },
        },
        Event::SubscriptionTriggered {
            key: subscription,
            message: Some(MessageKey::from_i64(17)),
            signal: Some(SignalKey::from_i64(18)),
        },
        Event::SubscriptionClosed { key: subscription },
        Event::ConditionSeen { key: subscription, holds: true, left: None },
        Event::CompensationKept {
            key: compensation,
            scope: element,
            activity: text.clone(),
            variables: Some(variables()),
        },
        Event::CompensationMoved { key: compensation, scope: element, within: CompensationKey::from_i64(19) },
        Event::CompensationStarted { key: compensation, undone_by: element, handler: Some(element) },
        Event::CompensationEnded { key: compensation },
        Event::CompensationReleased { key: compensation },
        Event::DecisionEvaluated {
            key: DecisionEvaluationKey::from_i64(20),
            element_instance: element,
            decision: DecisionKey::from_i64(24),
            decision_id: text.clone(),
            decision_version: 5,
            output: Some(Json::from_trusted("1.10")),
            evaluated: Json::from_trusted("[{}]"),
            failure: Some(text),
            at,
        },
    ]
}

/// Events with fields that came later.
fn samples_of_newer_fields() -> Vec<Event> {
    let at = Timestamp::from_millis(1_767_225_600_001);
    let text = SharedStr::from("text");
    let element = ElementInstanceKey::from_i64(11);
    vec![
        Event::InstanceCreated {
            key: ProcessInstanceKey::from_i64(1),
            definition: ProcessDefinitionKey::from_i64(2),
            bpmn_process_id: text.clone(),
            version: 3,
            tenant: TenantId::default(),
            at,
            version_tag: Some(text.clone()),
            business_id: Some(text.clone()),
            tags: vec![text.clone()],
            caller: Some(caller()),
            started_by: Some(mailbox()),
            scope_state: Some(ElementState::Activating),
        },
        Event::ElementEntered {
            key: element,
            scope: element,
            element: text.clone(),
            flow: Some(text.clone()),
            state: ElementState::Active,
            at,
            role: Some(Role::Item { counter: 3 }),
        },
        Event::JobCreated {
            key: JobKey::from_i64(12),
            element_instance: element,
            job_type: text.clone(),
            retries: 3,
            headers: vec![event::Header { name: text.clone(), value: text.clone() }],
            kind: Some(JobKind::TaskListener),
            priority: Some(-7),
        },
        Event::UserTaskCreated {
            key: UserTaskKey::from_i64(13),
            element_instance: element,
            assignee: None,
            candidate_groups: vec![],
            candidate_users: vec![],
            due_date: None,
            follow_up_date: None,
            priority: 50,
            form_key: None,
            external_form_reference: None,
            at,
            form: Some(ResourceKey::from_i64(21)),
        },
        Event::ScopeEmptying { key: element, sequel: Sequel::Undo { by: ElementInstanceKey::from_i64(18) } },
        Event::TimerCreated {
            key: TimerKey::from_i64(5),
            element_instance: element,
            element: text.clone(),
            due: at,
            fired: 1,
            trigger: Some(2),
        },
        Event::ConditionSeen {
            key: SubscriptionKey::from_i64(14),
            holds: true,
            left: Some(ConditionLeft::Happen),
        },
    ]
}

/// One of everything that is asked of others, every field filled.
fn outgoing_samples() -> Vec<Outgoing> {
    let text = SharedStr::from("text");
    let instance = ProcessInstanceKey::from_i64(1);
    let definition = ProcessDefinitionKey::from_i64(2);
    let element_instance = ElementInstanceKey::from_i64(11);
    let subscription = SubscriptionKey::from_i64(14);
    let message = MessageKey::from_i64(17);
    let error = ThrownError {
        code: text.clone(),
        message: text.clone(),
        variables: variables(),
        instance,
        element_instance,
        job: Some(JobKey::from_i64(12)),
    };
    vec![
        Outgoing::CallProcess(CallProcess {
            caller: caller(),
            tenant: TenantId::default(),
            bpmn_process_id: text.clone(),
            version_tag: Some(text.clone()),
            deployed_with: Some(definition),
            variables: variables(),
            business_id: Some(text.clone()),
        }),
        Outgoing::CancelCalled { instance },
        Outgoing::CalledCompleted { caller: caller(), variables: variables() },
        Outgoing::CalledTerminated { caller: caller() },
        Outgoing::ErrorInCalled { caller: caller(), error: error.clone() },
        Outgoing::ErrorUncaught { error },
        Outgoing::EscalationInCalled { caller: caller(), code: text.clone() },
        Outgoing::EvaluateDecision(EvaluateDecision {
            instance,
            element_instance,
            tenant: TenantId::default(),
            decision_id: text.clone(),
            version_tag: Some(text.clone()),
            deployed_with: Some(definition),
        }),
        Outgoing::FindFiles(FindFiles {
            instance,
            element_instance,
            tenant: TenantId::default(),
            files: vec![WantedFile {
                kind: FileKind::Resource,
                id: text.clone(),
                version_tag: Some(text.clone()),
                deployed_with: Some(definition),
            }],
        }),
        Outgoing::OpenSubscription {
            mailbox: mailbox(),
            subscription,
            instance,
            bpmn_process_id: text.clone(),
            once: true,
        },
        Outgoing::CloseSubscription { mailbox: mailbox(), subscription },
        Outgoing::Correlate { mailbox: mailbox(), instance, subscription, message, variables: variables() },
        Outgoing::Correlated { mailbox: mailbox(), subscription, message, taken: true },
        Outgoing::StartByMessage {
            mailbox: mailbox(),
            definition,
            element: text.clone(),
            message,
            variables: variables(),
        },
        Outgoing::StartedInstanceEnded { mailbox: mailbox(), bpmn_process_id: text.clone(), instance },
        Outgoing::ExpireMessages { mailbox: mailbox() },
        Outgoing::BroadcastSignal {
            tenant: TenantId::default(),
            name: text,
            signal: SignalKey::from_i64(18),
            variables: variables(),
            after: Some(subscription),
        },
    ]
}
