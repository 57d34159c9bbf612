//! Components, grants, secrets, values of the installation.

use fermata_store::{
    ComponentRecord, ComponentSignature, ComponentSummary, Error, GrantChange, GrantRecord, JobTypeOwner,
    REGISTRY_CHANGES_MAX, Removal, RemovedComponent, SecretChange, SecretRecord, SecretStep, ServingChange,
    Store,
};
use types::{Actor, TenantId};

use crate::scene::{at, tenant};

fn component(tenant: &TenantId, name: &str, version: &str, digest: &str) -> ComponentRecord {
    let bytes = digest.as_bytes().to_vec();
    ComponentRecord {
        summary: ComponentSummary {
            tenant: tenant.clone(),
            name: name.into(),
            version: version.into(),
            digest: digest.into(),
            size_bytes: bytes.len() as u64,
            manifest: "{\"jobTypes\": []}".to_owned(),
            signature: None,
            sequence: 0,
            uploaded_at: at(7),
            uploaded_by: Actor::new("team"),
        },
        bytes,
    }
}

fn signature(text: &str, millis: i64) -> ComponentSignature {
    ComponentSignature { text: text.into(), signed_at: at(millis), signed_by: Actor::new("release") }
}

pub(crate) async fn a_component_is_signed_later(store: &dyn Store) {
    let mut first = component(&tenant(), "mailer", "1.0.0", "aa");
    first.summary.sequence = store.put_component(first.clone(), ServingChange::default()).await.unwrap();
    let mut others = component(&TenantId::new("others"), "mailer", "1.0.0", "aa");
    others.summary.sequence = store.put_component(others.clone(), ServingChange::default()).await.unwrap();
    for (name, version, digest) in
        [("mailer", "1.0.0", "bb"), ("mailer", "1.1.0", "aa"), ("crm", "1.0.0", "aa")]
    {
        let signed =
            store.sign_component(&tenant(), name, version, digest, signature("one", 8)).await.unwrap();
        assert!(!signed, "{name} {version} {digest}");
    }
    for (text, millis) in [("one", 9), ("two", 10)] {
        assert!(
            store.sign_component(&tenant(), "mailer", "1.0.0", "aa", signature(text, millis)).await.unwrap()
        );
        first.summary.signature = Some(signature(text, millis));
        assert_eq!(store.component(&tenant(), "mailer", "1.0.0").await.unwrap(), Some(first.clone()));
    }
    assert_eq!(store.components().await.unwrap(), [first.summary, others.summary]);
}

pub(crate) async fn a_component_is_stored_once(store: &dyn Store) {
    let mut first = component(&tenant(), "mailer", "1.0.0", "aa");
    first.summary.sequence = store.put_component(first.clone(), ServingChange::default()).await.unwrap();
    let mut second = component(&tenant(), "mailer", "1.1.0", "bb");
    second.summary.signature = Some(signature("ed25519:key:signature", 7));
    second.summary.sequence = store.put_component(second.clone(), ServingChange::default()).await.unwrap();
    assert!(first.summary.sequence < second.summary.sequence);
    let mut again = component(&tenant(), "mailer", "1.0.0", "aa");
    again.summary.uploaded_at = at(99);
    assert_eq!(store.put_component(again, ServingChange::default()).await.unwrap(), first.summary.sequence);

    assert_eq!(store.components().await.unwrap(), [first.summary.clone(), second.summary.clone()]);
    assert_eq!(store.component(&tenant(), "mailer", "1.0.0").await.unwrap(), Some(first));
    assert_eq!(store.component(&tenant(), "mailer", "1.1.0").await.unwrap(), Some(second.clone()));
    assert_eq!(store.component(&tenant(), "mailer", "2.0.0").await.unwrap(), None);
    assert_eq!(store.component(&TenantId::new("others"), "mailer", "1.0.0").await.unwrap(), None);
    assert!(
        store
            .delete_component(&tenant(), "mailer", "1.0.0", removal(50), ServingChange::default())
            .await
            .unwrap()
    );
    assert!(
        !store
            .delete_component(&tenant(), "mailer", "1.0.0", removal(50), ServingChange::default())
            .await
            .unwrap()
    );
    assert_eq!(store.components().await.unwrap(), [second.summary]);
}

pub(crate) async fn a_component_that_differs_is_refused(store: &dyn Store) {
    store
        .put_component(component(&tenant(), "mailer", "1.0.0", "aa"), ServingChange::default())
        .await
        .unwrap();
    match store.put_component(component(&tenant(), "mailer", "1.0.0", "bb"), ServingChange::default()).await {
        Err(Error::Conflict { what: "component", name }) => assert_eq!(name, "mailer 1.0.0"),
        other => panic!("{other:?}"),
    }
    let others = component(&TenantId::new("others"), "mailer", "1.0.0", "bb");
    store.put_component(others, ServingChange::default()).await.unwrap();
    let kept = store.component(&tenant(), "mailer", "1.0.0").await.unwrap().unwrap();
    assert_eq!((&*kept.summary.digest, &kept.bytes[..]), ("aa", &b"aa"[..]));
}

pub(crate) async fn sequences_never_come_back(store: &dyn Store) {
    let first = store
        .put_component(component(&tenant(), "mailer", "1.0.0", "aa"), ServingChange::default())
        .await
        .unwrap();
    store
        .delete_component(&tenant(), "mailer", "1.0.0", removal(50), ServingChange::default())
        .await
        .unwrap();
    let second = store
        .put_component(component(&tenant(), "mailer", "1.0.0", "aa"), ServingChange::default())
        .await
        .unwrap();
    assert!(first < second);
}

pub(crate) async fn a_version_that_was_removed_comes_back_with_the_same_bytes_only(store: &dyn Store) {
    let put = |tenant: &TenantId, digest: &str, serving| {
        store.put_component(component(tenant, "mailer", "1.0.0", digest), serving)
    };
    let removed = || async { store.removed_component(&tenant(), "mailer", "1.0.0").await.unwrap() };
    let as_of = |millis| RemovedComponent {
        digest: "aa".into(),
        removed_at: at(millis),
        removed_by: Actor::new("operator"),
    };
    let remove = |millis, serving| {
        let tenant = tenant();
        async move { store.delete_component(&tenant, "mailer", "1.0.0", removal(millis), serving).await.unwrap() }
    };
    let owners = |component: &str| ServingChange {
        owners: vec![JobTypeOwner { tenant: tenant(), job_type: "mail".into(), component: component.into() }],
        ..ServingChange::default()
    };
    // What was never there leaves nothing behind.
    assert!(!remove(1, owners("nobody")).await);
    assert_eq!((removed().await, store.job_type_owners().await.unwrap()), (None, Vec::new()));
    put(&tenant(), "aa", owners("mailer")).await.unwrap();
    assert_eq!(store.job_type_owners().await.unwrap(), owners("mailer").owners);
    // The same again changes nothing.
    put(&tenant(), "aa", owners("other")).await.unwrap();
    assert_eq!(store.job_type_owners().await.unwrap(), owners("mailer").owners);
    let unowned = vec![(tenant(), "mail".into())];
    assert!(remove(2, ServingChange { unowned, ..ServingChange::default() }).await);
    assert_eq!(removed().await, Some(as_of(2)));
    assert_eq!(store.job_type_owners().await.unwrap(), []);
    match put(&tenant(), "bb", owners("other")).await {
        Err(Error::Conflict { what: "component", name }) => assert_eq!(name, "mailer 1.0.0"),
        other => panic!("{other:?}"),
    }
    assert_eq!((store.components().await.unwrap(), store.job_type_owners().await.unwrap()), (vec![], vec![]));
    put(&TenantId::new("others"), "bb", ServingChange::default()).await.unwrap();
    put(&tenant(), "aa", ServingChange::default()).await.unwrap();
    assert!(remove(3, ServingChange::default()).await);
    assert_eq!(removed().await, Some(as_of(3)));
    assert!(put(&tenant(), "bb", ServingChange::default()).await.is_err());
}

fn removal(millis: i64) -> Removal {
    Removal { at: at(millis), by: Actor::new("operator") }
}

pub(crate) async fn grants_are_replaced(store: &dyn Store) {
    let grant = |component: &str, policy: &str, millis| GrantRecord {
        tenant: tenant(),
        component: component.into(),
        policy: policy.to_owned(),
        changed_at: at(millis),
        changed_by: Actor::new("operator"),
    };
    store.put_grant(grant("mailer", "{}", 1), "first").await.unwrap();
    store.put_grant(grant("charger", "{}", 2), "").await.unwrap();
    store.put_grant(grant("mailer", "{\"hosts\": []}", 3), "more").await.unwrap();
    let expected = [grant("charger", "{}", 2), grant("mailer", "{\"hosts\": []}", 3)];
    assert_eq!(store.grants().await.unwrap(), expected);

    let tenant = tenant();
    let page = |before, limit| {
        let changes = store.grant_changes(&tenant, "mailer", before, limit);
        async { changes.await.unwrap() }
    };
    let change = |sequence, before: Option<&str>, after: &str, reason: &str, millis| GrantChange {
        sequence,
        before: before.map(str::to_owned),
        after: after.to_owned(),
        reason: reason.to_owned(),
        changed_at: at(millis),
        changed_by: Actor::new("operator"),
    };
    let all = page(None, 10).await;
    let sequences: Vec<i64> = all.iter().map(|change| change.sequence).collect();
    let expected = [
        change(sequences[0], Some("{}"), "{\"hosts\": []}", "more", 3),
        change(sequences[1], None, "{}", "first", 1),
    ];
    assert_eq!(all, expected);
    assert!(sequences[0] > sequences[1]);
    assert_eq!(
        (page(None, 1).await, page(Some(sequences[0]), 1).await),
        (vec![all[0].clone()], vec![all[1].clone()])
    );
    assert_eq!(store.grant_changes(&TenantId::new("others"), "mailer", None, 10).await.unwrap(), []);
}

pub(crate) async fn the_oldest_changes_of_grants_and_secrets_are_forgotten(store: &dyn Store) {
    let (tenant, many) = (tenant(), i64::from(REGISTRY_CHANGES_MAX) + 3);
    for number in 0..many {
        let (changed_at, changed_by) = (at(number), Actor::new("operator"));
        let policy = number.to_string();
        let grant = GrantRecord {
            tenant: tenant.clone(),
            component: "mailer".into(),
            policy,
            changed_at,
            changed_by: changed_by.clone(),
        };
        store.put_grant(grant, "").await.unwrap();
        let secret = SecretRecord {
            tenant: tenant.clone(),
            name: "KEY".into(),
            version: 0,
            sealed: Vec::new(),
            changed_at,
            changed_by,
        };
        assert_eq!(i64::from(store.put_secret(secret, "").await.unwrap()), number + 1);
    }
    let grants = store.grant_changes(&tenant, "mailer", None, 2 * REGISTRY_CHANGES_MAX).await.unwrap();
    let secrets = store.secret_changes(&tenant, "KEY", None, 2 * REGISTRY_CHANGES_MAX).await.unwrap();
    assert_eq!((grants.len(), secrets.len()), (REGISTRY_CHANGES_MAX as usize, REGISTRY_CHANGES_MAX as usize));
    assert_eq!(grants.last().map(|change| &*change.after), Some("3"));
    assert_eq!(secrets.last().map(|change| change.version), Some(4));
}

pub(crate) async fn secrets_count_their_versions(store: &dyn Store) {
    let secret = |tenant: &TenantId, sealed: &[u8], version| SecretRecord {
        tenant: tenant.clone(),
        name: "KEY".into(),
        version,
        sealed: sealed.to_vec(),
        changed_at: at(1),
        changed_by: Actor::new("operator"),
    };
    let (mine, others) = (tenant(), TenantId::new("others"));
    assert_eq!(store.put_secret(secret(&mine, b"one", 0), "new").await.unwrap(), 1);
    assert_eq!(store.put_secret(secret(&mine, b"two", 0), "").await.unwrap(), 2);
    assert_eq!(store.put_secret(secret(&others, b"three", 9), "").await.unwrap(), 1);
    let expected = [secret(&mine, b"two", 2), secret(&others, b"three", 1)];
    assert_eq!(store.secrets().await.unwrap(), expected);
    assert!(store.delete_secret(&mine, "KEY", removal(4), "over").await.unwrap());
    assert!(!store.delete_secret(&mine, "KEY", removal(5), "").await.unwrap());
    assert_eq!(store.secrets().await.unwrap(), expected[1..]);
    // What was removed and comes back counts on: a version names one value for ever.
    assert_eq!(store.put_secret(secret(&mine, b"four", 0), "back").await.unwrap(), 3);
    let change = |sequence, version, step, reason: &str, millis| SecretChange {
        sequence,
        version,
        step,
        reason: reason.to_owned(),
        changed_at: at(millis),
        changed_by: Actor::new("operator"),
    };
    let all = store.secret_changes(&mine, "KEY", None, 10).await.unwrap();
    let sequences: Vec<i64> = all.iter().map(|change| change.sequence).collect();
    let expected = [
        change(sequences[0], 3, SecretStep::Set, "back", 1),
        change(sequences[1], 2, SecretStep::Removed, "over", 4),
        change(sequences[2], 2, SecretStep::Set, "", 1),
        change(sequences[3], 1, SecretStep::Set, "new", 1),
    ];
    assert_eq!(all, expected);
    assert!(sequences.is_sorted_by(|one, other| one > other));
    let page = store.secret_changes(&mine, "KEY", Some(sequences[1]), 1).await.unwrap();
    assert_eq!(page, expected[2..3]);
}

pub(crate) async fn installation_values_are_written_once(store: &dyn Store) {
    assert_eq!(store.stored_installation_value("id").await.unwrap(), None);
    assert_eq!(&*store.installation_value("id", "first").await.unwrap(), "first");
    assert_eq!(&*store.installation_value("id", "second").await.unwrap(), "first");
    assert_eq!(&*store.installation_value("salt", "second").await.unwrap(), "second");
    assert_eq!(store.stored_installation_value("id").await.unwrap().as_deref(), Some("first"));
}
