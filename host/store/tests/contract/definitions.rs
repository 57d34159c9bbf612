//! Deployments and definitions.

use engine::KeyRange;
use fermata_store::{Error, Store};
use types::{PartitionId, ProcessDefinitionKey, TenantId};

use crate::scene::{deployment, tenant};

const PARTITION: PartitionId = PartitionId::FIRST;

pub(crate) async fn versions_are_found_by_key_and_id(store: &dyn Store) {
    let mut keys = KeyRange::new(PARTITION, 1);
    let others = TenantId::new("others");
    let mut definitions = Vec::new();
    for (tenant, version) in [(tenant(), 1), (tenant(), 3), (tenant(), 2), (others.clone(), 1)] {
        let new = deployment(&mut keys, &tenant, version);
        definitions.push(new.definitions[0].clone());
        store.deploy(PARTITION, new).await.unwrap();
    }
    let [first, third, second, theirs] = &definitions[..] else { unreachable!() };
    for definition in &definitions {
        assert_eq!(store.definition(definition.key).await.unwrap().as_ref(), Some(definition));
        let resource = store.definition_resource(definition.key).await.unwrap().unwrap();
        assert_eq!(resource.deployment, definition.deployment);
        assert_eq!(
            (resource.name, resource.checksum),
            (definition.resource_name.clone(), definition.checksum)
        );
        assert!(resource.content.starts_with(b"<?xml"));
    }
    let by_id = async |tenant: &TenantId, id: &str, version| {
        store.definition_by_id(tenant, id, version).await.unwrap()
    };
    assert_eq!(by_id(&tenant(), "order", None).await.as_ref(), Some(third));
    assert_eq!(by_id(&tenant(), "order", Some(1)).await.as_ref(), Some(first));
    assert_eq!(by_id(&tenant(), "order", Some(2)).await.as_ref(), Some(second));
    assert_eq!(by_id(&tenant(), "order", Some(4)).await, None);
    assert_eq!(by_id(&others, "order", None).await.as_ref(), Some(theirs));
    assert_eq!(by_id(&tenant(), "Order", None).await, None);
    let unknown = ProcessDefinitionKey::from_i64(17);
    assert_eq!(store.definition(unknown).await.unwrap(), None);
    assert_eq!(store.definition_resource(unknown).await.unwrap(), None);
    assert_eq!(store.next_key_counter(PARTITION).await.unwrap(), keys.next_counter());
}

pub(crate) async fn a_deployment_that_conflicts_leaves_nothing(store: &dyn Store) {
    let mut keys = KeyRange::new(PARTITION, 1);
    store.deploy(PARTITION, deployment(&mut keys, &tenant(), 1)).await.unwrap();
    let counter = keys.next_counter();
    let mut new = deployment(&mut keys, &tenant(), 2);
    let mut again = deployment(&mut keys, &tenant(), 1).definitions.remove(0);
    again.deployment = new.deployment.key;
    let second = new.definitions[0].key;
    new.definitions.push(again);
    match store.deploy(PARTITION, new).await {
        Err(Error::Conflict { what: "process version", name }) => assert_eq!(name, "order version 1"),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.definition(second).await.unwrap(), None);
    assert_eq!(store.next_key_counter(PARTITION).await.unwrap(), counter);
    store.deploy(PARTITION, deployment(&mut keys, &tenant(), 2)).await.unwrap();
}

pub(crate) async fn the_same_content_is_deployed_twice(store: &dyn Store) {
    let mut keys = KeyRange::new(PARTITION, 1);
    store.deploy(PARTITION, deployment(&mut keys, &tenant(), 1)).await.unwrap();
    // The file is unchanged, so there is no new version in this deployment.
    let mut unchanged = deployment(&mut keys, &tenant(), 1);
    unchanged.definitions.clear();
    store.deploy(PARTITION, unchanged).await.unwrap();
    // Another tenant has the same file.
    let theirs = deployment(&mut keys, &TenantId::new("others"), 1);
    let key = theirs.definitions[0].key;
    store.deploy(PARTITION, theirs).await.unwrap();
    let resource = store.definition_resource(key).await.unwrap().unwrap();
    assert!(resource.content.starts_with(b"<?xml"));
}
