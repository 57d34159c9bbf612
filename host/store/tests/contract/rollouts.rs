//! Roll-outs and the history of their changes.

use fermata_store::{
    ComponentRecord, ComponentSummary, ROLLOUT_CHANGES_MAX, Removal, RolloutChange, RolloutRecord,
    RolloutStep, SERVING_CHANGES_MAX, ServingChange, Store,
};
use types::{Actor, TenantId};

use crate::scene::{at, tenant};

fn change(job_type: &str, before: Option<&str>, after: Option<&str>, millis: i64) -> RolloutChange {
    RolloutChange {
        sequence: 0,
        tenant: tenant(),
        job_type: job_type.into(),
        step: if after.is_some() { RolloutStep::Set } else { RolloutStep::Removed },
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        reason: "because".to_owned(),
        figures: None,
        digests: Some("{\"pay@1.0.0\": \"aa\"}".to_owned()),
        changed_at: at(millis),
        changed_by: Actor::new("operator"),
    }
}

/// Writes a change; gives it as it comes back.
async fn written(store: &dyn Store, mut change: RolloutChange) -> RolloutChange {
    change.sequence = store.change_rollout(change.clone()).await.unwrap();
    change
}

fn record(change: &RolloutChange) -> RolloutRecord {
    RolloutRecord {
        tenant: change.tenant.clone(),
        job_type: change.job_type.clone(),
        revision: change.sequence,
        plan: change.after.clone().unwrap(),
        changed_at: change.changed_at,
        changed_by: change.changed_by.clone(),
    }
}

pub(crate) async fn a_rollout_is_what_its_last_change_says(store: &dyn Store) {
    assert_eq!(store.rollouts().await.unwrap(), []);
    let mail = written(store, change("mail", None, Some("{\"a\": 1}"), 1)).await;
    let charge = written(store, change("charge", None, Some("{}"), 2)).await;
    assert!(mail.sequence < charge.sequence);
    assert_eq!(store.rollouts().await.unwrap(), [record(&charge), record(&mail)]);
    let other = RolloutChange { tenant: TenantId::new("others"), ..change("mail", None, Some("[]"), 3) };
    let other = written(store, other).await;
    let mail = written(store, change("mail", Some("{\"a\": 1}"), Some("{\"b\": 2}"), 4)).await;
    let mut expected = vec![record(&charge), record(&mail), record(&other)];
    expected.sort_by(|one, other| (&one.tenant, &one.job_type).cmp(&(&other.tenant, &other.job_type)));
    assert_eq!(store.rollouts().await.unwrap(), expected);
    let gone = written(store, change("mail", Some("{\"b\": 2}"), None, 5)).await;
    assert!(gone.sequence > mail.sequence, "a revision never comes back");
    expected.retain(|record| record.revision != mail.sequence);
    assert_eq!(store.rollouts().await.unwrap(), expected);
}

pub(crate) async fn changes_of_rollouts_come_newest_first(store: &dyn Store) {
    let set = written(store, change("mail", None, Some("one"), 1)).await;
    written(store, change("charge", None, Some("other"), 2)).await;
    let by_host = RolloutChange {
        step: RolloutStep::RolledBackByHost,
        figures: Some("{\"attempts\": 20}".to_owned()),
        ..change("mail", Some("one"), Some("two"), 3)
    };
    let by_host = written(store, by_host).await;
    let back = RolloutChange {
        step: RolloutStep::RolledBack,
        reason: String::new(),
        ..change("mail", Some("two"), Some("three"), 4)
    };
    let back = written(store, back).await;
    let gone = written(store, change("mail", Some("three"), None, 5)).await;
    let tenant = tenant();
    let page = |before, limit| store.rollout_changes(&tenant, "mail", before, limit);
    assert_eq!(page(None, 10).await.unwrap(), [gone.clone(), back.clone(), by_host.clone(), set.clone()]);
    assert_eq!(page(None, 2).await.unwrap(), [gone, back.clone()]);
    assert_eq!(page(Some(back.sequence), 2).await.unwrap(), [by_host, set.clone()]);
    assert_eq!(page(Some(set.sequence), 2).await.unwrap(), []);
    let others = TenantId::new("others");
    assert_eq!(store.rollout_changes(&others, "mail", None, 10).await.unwrap(), []);
}

pub(crate) async fn what_serves_without_a_rollout_is_in_the_same_history(store: &dyn Store) {
    let rolled_out = written(store, change("mail", None, Some("plan"), 1)).await;
    let noted = |step, before, after, millis| RolloutChange { step, ..change("mail", before, after, millis) };
    let uploaded = noted(RolloutStep::Uploaded, None, Some("one"), 2);
    let removed = noted(RolloutStep::VersionRemoved, Some("one"), None, 3);
    let component = ComponentRecord {
        summary: ComponentSummary {
            tenant: tenant(),
            name: "mailer".into(),
            version: "1.0.0".into(),
            digest: "aa".into(),
            size_bytes: 0,
            manifest: "{}".to_owned(),
            signature: None,
            sequence: 0,
            uploaded_at: at(2),
            uploaded_by: Actor::new("team"),
        },
        bytes: Vec::new(),
    };
    let noting =
        |change: &RolloutChange| ServingChange { noted: vec![change.clone()], ..ServingChange::default() };
    store.put_component(component, noting(&uploaded)).await.unwrap();
    let removal = Removal { at: at(3), by: Actor::new("team") };
    assert!(store.delete_component(&tenant(), "mailer", "1.0.0", removal, noting(&removed)).await.unwrap());
    let history = store.rollout_changes(&tenant(), "mail", None, 10).await.unwrap();
    let sequences: Vec<i64> = history.iter().map(|change| change.sequence).collect();
    assert!(sequences.is_sorted_by(|one, other| one > other), "{sequences:?}");
    let expected = [
        RolloutChange { sequence: sequences[0], ..removed },
        RolloutChange { sequence: sequences[1], ..uploaded },
        rolled_out.clone(),
    ];
    assert_eq!(history, expected);
    assert_eq!(store.rollouts().await.unwrap(), [record(&rolled_out)]);
}

pub(crate) async fn the_oldest_changes_of_a_rollout_are_forgotten(store: &dyn Store) {
    let kept_elsewhere = written(store, change("charge", None, Some("{}"), 0)).await;
    let uploaded =
        |number| RolloutChange { step: RolloutStep::Uploaded, ..change("mail", None, Some("{}"), number) };
    let first_upload = written(store, uploaded(0)).await.sequence;
    let mut sequences = Vec::new();
    for number in 0..i64::from(ROLLOUT_CHANGES_MAX) + 3 {
        sequences.push(written(store, change("mail", None, Some("{}"), number)).await.sequence);
    }
    let all = ROLLOUT_CHANGES_MAX + 2 * SERVING_CHANGES_MAX;
    let kept = |limit| async move {
        let kept = store.rollout_changes(&tenant(), "mail", None, limit).await.unwrap();
        kept.iter().rev().map(|change| change.sequence).collect::<Vec<i64>>()
    };
    assert_eq!(kept(all).await, [&[first_upload], &sequences[3..]].concat());
    // Uploads push other uploads out, and no change of the roll-out.
    let mut uploads = Vec::new();
    for number in 0..i64::from(SERVING_CHANGES_MAX) + 1 {
        uploads.push(written(store, uploaded(number)).await.sequence);
    }
    assert_eq!(kept(all).await, [&sequences[3..], &uploads[1..]].concat());
    let elsewhere = store.rollout_changes(&tenant(), "charge", None, 10).await.unwrap();
    assert_eq!(elsewhere, [kept_elsewhere]);
}
