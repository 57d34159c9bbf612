//! Components, grants, secrets, values of the installation.

use fermata_store::{
    ComponentRecord, ComponentSignature, ComponentSummary, Error, GrantRecord, SecretRecord, Store,
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
    first.summary.sequence = store.put_component(first.clone()).await.unwrap();
    let mut others = component(&TenantId::new("others"), "mailer", "1.0.0", "aa");
    others.summary.sequence = store.put_component(others.clone()).await.unwrap();
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
    first.summary.sequence = store.put_component(first.clone()).await.unwrap();
    let mut second = component(&tenant(), "mailer", "1.1.0", "bb");
    second.summary.signature = Some(signature("ed25519:key:signature", 7));
    second.summary.sequence = store.put_component(second.clone()).await.unwrap();
    assert!(first.summary.sequence < second.summary.sequence);
    let mut again = component(&tenant(), "mailer", "1.0.0", "aa");
    again.summary.uploaded_at = at(99);
    assert_eq!(store.put_component(again).await.unwrap(), first.summary.sequence);

    assert_eq!(store.components().await.unwrap(), [first.summary.clone(), second.summary.clone()]);
    assert_eq!(store.component(&tenant(), "mailer", "1.0.0").await.unwrap(), Some(first));
    assert_eq!(store.component(&tenant(), "mailer", "1.1.0").await.unwrap(), Some(second.clone()));
    assert_eq!(store.component(&tenant(), "mailer", "2.0.0").await.unwrap(), None);
    assert_eq!(store.component(&TenantId::new("others"), "mailer", "1.0.0").await.unwrap(), None);
    assert!(store.delete_component(&tenant(), "mailer", "1.0.0").await.unwrap());
    assert!(!store.delete_component(&tenant(), "mailer", "1.0.0").await.unwrap());
    assert_eq!(store.components().await.unwrap(), [second.summary]);
}

pub(crate) async fn a_component_that_differs_is_refused(store: &dyn Store) {
    store.put_component(component(&tenant(), "mailer", "1.0.0", "aa")).await.unwrap();
    match store.put_component(component(&tenant(), "mailer", "1.0.0", "bb")).await {
        Err(Error::Conflict { what: "component", name }) => assert_eq!(name, "mailer 1.0.0"),
        other => panic!("{other:?}"),
    }
    let others = component(&TenantId::new("others"), "mailer", "1.0.0", "bb");
    store.put_component(others).await.unwrap();
    let kept = store.component(&tenant(), "mailer", "1.0.0").await.unwrap().unwrap();
    assert_eq!((&*kept.summary.digest, &kept.bytes[..]), ("aa", &b"aa"[..]));
}

pub(crate) async fn sequences_never_come_back(store: &dyn Store) {
    let first = store.put_component(component(&tenant(), "mailer", "1.0.0", "aa")).await.unwrap();
    store.delete_component(&tenant(), "mailer", "1.0.0").await.unwrap();
    let second = store.put_component(component(&tenant(), "mailer", "1.0.0", "bb")).await.unwrap();
    assert!(first < second);
}

pub(crate) async fn grants_are_replaced(store: &dyn Store) {
    let grant = |component: &str, policy: &str, millis| GrantRecord {
        tenant: tenant(),
        component: component.into(),
        policy: policy.to_owned(),
        changed_at: at(millis),
        changed_by: Actor::new("operator"),
    };
    store.put_grant(grant("mailer", "{}", 1)).await.unwrap();
    store.put_grant(grant("charger", "{}", 2)).await.unwrap();
    store.put_grant(grant("mailer", "{\"hosts\": []}", 3)).await.unwrap();
    let expected = [grant("charger", "{}", 2), grant("mailer", "{\"hosts\": []}", 3)];
    assert_eq!(store.grants().await.unwrap(), expected);
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
    assert_eq!(store.put_secret(secret(&mine, b"one", 0)).await.unwrap(), 1);
    assert_eq!(store.put_secret(secret(&mine, b"two", 0)).await.unwrap(), 2);
    assert_eq!(store.put_secret(secret(&others, b"three", 9)).await.unwrap(), 1);
    let expected = [secret(&mine, b"two", 2), secret(&others, b"three", 1)];
    assert_eq!(store.secrets().await.unwrap(), expected);
    assert!(store.delete_secret(&mine, "KEY").await.unwrap());
    assert!(!store.delete_secret(&mine, "KEY").await.unwrap());
    assert_eq!(store.secrets().await.unwrap(), expected[1..]);
}

pub(crate) async fn installation_values_are_written_once(store: &dyn Store) {
    assert_eq!(store.stored_installation_value("id").await.unwrap(), None);
    assert_eq!(&*store.installation_value("id", "first").await.unwrap(), "first");
    assert_eq!(&*store.installation_value("id", "second").await.unwrap(), "first");
    assert_eq!(&*store.installation_value("salt", "second").await.unwrap(), "second");
    assert_eq!(store.stored_installation_value("id").await.unwrap().as_deref(), Some("first"));
}
