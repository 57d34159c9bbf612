//! Roll-outs and the history of their changes.

use fermata_store::{ROLLOUT_CHANGES_MAX, RolloutChange, RolloutRecord, RolloutStep, Store};
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

pub(crate) async fn the_oldest_changes_of_a_rollout_are_forgotten(store: &dyn Store) {
    let kept_elsewhere = written(store, change("charge", None, Some("{}"), 0)).await;
    let mut sequences = Vec::new();
    for number in 0..i64::from(ROLLOUT_CHANGES_MAX) + 3 {
        sequences.push(written(store, change("mail", None, Some("{}"), number)).await.sequence);
    }
    let kept = store.rollout_changes(&tenant(), "mail", None, 2 * ROLLOUT_CHANGES_MAX).await.unwrap();
    let kept: Vec<i64> = kept.iter().rev().map(|change| change.sequence).collect();
    assert_eq!(kept, sequences[3..]);
    let elsewhere = store.rollout_changes(&tenant(), "charge", None, 10).await.unwrap();
    assert_eq!(elsewhere, [kept_elsewhere]);
}
