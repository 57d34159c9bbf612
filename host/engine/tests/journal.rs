//! The journal's bytes: what earlier releases have written stays readable, and this release writes the same.
//!
//! `golden/journal-1.hex` has a line per event kind: its name and the bytes of an entry with that one event.
//! A line is never changed or removed. `UPDATE_GOLDEN=1` adds the lines of new kinds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use fermata_engine::journal::{self, Entry};
use fermata_engine::state::{ElementState, IncidentKind};
use fermata_engine::{Event, event};
use types::{
    Actor, ElementInstanceKey, IncidentKey, JobKey, Json, ProcessDefinitionKey, ProcessInstanceKey,
    SharedStr, TenantId, TimerKey, Timestamp, UserTaskKey, VariableKey,
};

#[test]
fn golden_bytes_stay_readable_and_are_what_is_written() -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/journal-1.hex");
    let golden: BTreeMap<String, String> = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, bytes)| (name.to_owned(), bytes.to_owned()))
        .collect();
    let mut lines = golden.clone();
    for event in samples() {
        let name = name(&event);
        let entry = Entry {
            at: Timestamp::from_millis(1_767_225_600_000),
            actor: Actor::new("ada"),
            events: vec![event],
        };
        let written = hex(&journal::encode(std::slice::from_ref(&entry)));
        if let Some(bytes) = golden.get(&name) {
            let read = journal::decode(&unhex(bytes)?).with_context(|| format!("golden {name}"))?;
            ensure!(read == [entry], "{name}: the golden bytes read as {read:?}");
            ensure!(*bytes == written, "{name} is written as\n{written}, golden is\n{bytes}");
        } else {
            ensure!(
                std::env::var_os("UPDATE_GOLDEN").is_some(),
                "{name} has no golden line: UPDATE_GOLDEN=1 adds it"
            );
            lines.insert(name, written);
        }
    }
    ensure!(lines.len() == samples().len(), "a golden line has no sample any more");
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

fn name(event: &Event) -> String {
    format!("{event:?}").split([' ', '{']).next().unwrap_or_default().to_owned()
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
fn samples() -> Vec<Event> {
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
        Event::JobReleased { job },
        Event::CheckpointSaved { job, attempt: 2, value: vec![0, 255], writer_version: text.clone() },
        Event::TimerCreated {
            key: TimerKey::from_i64(5),
            element_instance: element,
            element: text.clone(),
            due: at,
            fired: 1,
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
