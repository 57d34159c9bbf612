//! Decisions, the files that hold them, and what they came to.

use engine::{Event, KeyRange};
use fermata_store::{
    DecisionEvaluation, DecisionRecord, DecisionRequirementsRecord, Error, NewDeployment, RemovalLimit,
    Store, VersionChoice,
};
use types::{Json, Key, PartitionId, TenantId};

use crate::scene::{Scene, at, deployment, tenant};

const PARTITION: PartitionId = PartitionId::FIRST;

/// Version `version` of a file with two decisions.
pub(crate) fn with_decisions(keys: &mut KeyRange, version: u32) -> NewDeployment {
    let mut new = deployment(keys, &tenant(), version);
    let requirements = DecisionRequirementsRecord {
        key: keys.next_key().into(),
        deployment: new.deployment.key,
        tenant: tenant(),
        requirements_id: "prices".into(),
        name: Some("Prices".into()),
        version,
        resource_name: new.resources[0].name.clone(),
        checksum: new.resources[0].checksum,
    };
    let decision = |id: &str| DecisionRecord {
        key: keys.next_key().into(),
        requirements: requirements.key,
        deployment: new.deployment.key,
        tenant: tenant(),
        decision_id: id.into(),
        name: None,
        version,
        version_tag: (version == 1).then(|| "first".into()),
    };
    new.decisions = ["discount", "total"].map(decision).to_vec();
    new.decision_requirements = vec![requirements];
    new.next_key_counter = keys.next_counter();
    new
}

pub(crate) async fn decisions_are_found_by_what_is_meant(store: &dyn Store) {
    let mut keys = KeyRange::new(PARTITION, 1);
    let versions = [1, 2].map(|version| with_decisions(&mut keys, version));
    for new in &versions {
        store.deploy(PARTITION, new.clone()).await.unwrap();
    }
    let [first, second] = &versions;
    let find = async |choice| store.decision_of(&tenant(), "total", choice).await.unwrap();
    assert_eq!(find(VersionChoice::Latest).await.as_ref(), Some(&second.decisions[1]));
    assert_eq!(find(VersionChoice::Number(1)).await.as_ref(), Some(&first.decisions[1]));
    assert_eq!(find(VersionChoice::Tag("first")).await.as_ref(), Some(&first.decisions[1]));
    let of_deployment = VersionChoice::Deployment(first.deployment.key);
    assert_eq!(find(of_deployment).await.as_ref(), Some(&first.decisions[1]));
    assert_eq!(find(VersionChoice::Tag("none")).await, None);
    let theirs = store.decision_of(&TenantId::new("others"), "total", VersionChoice::Latest).await.unwrap();
    assert_eq!(theirs, None);

    let [decision, requirements] = [&second.decisions[0].key.0, &second.decision_requirements[0].key.0];
    let found = store.decision((*decision).into()).await.unwrap();
    assert_eq!(found.as_ref(), Some(&second.decisions[0]));
    assert_eq!(store.decisions_in((*requirements).into()).await.unwrap(), second.decisions);
    let found = store.decision_requirements((*requirements).into()).await.unwrap();
    assert_eq!(found.as_ref(), Some(&second.decision_requirements[0]));
    let latest = store.latest_decision_requirements(&tenant(), "prices").await.unwrap();
    assert_eq!(latest, found);
    let resource = store.decision_requirements_resource((*requirements).into()).await.unwrap().unwrap();
    assert_eq!(resource.content, second.resources[0].content);
    let files = store.decision_files(second.deployment.key).await.unwrap();
    assert_eq!(files, [resource]);
    assert_eq!(store.decision_files(Key::new(PARTITION, 999).into()).await.unwrap(), []);
    assert!(store.decision(Key::new(PARTITION, 999).into()).await.unwrap().is_none());

    let mut again = with_decisions(&mut keys, 3);
    again.decisions[0].version = 2;
    let refused = store.deploy(PARTITION, again.clone()).await;
    assert!(matches!(refused, Err(Error::Conflict { what: "decision version", .. })), "{refused:?}");
    assert!(store.definition(again.definitions[0].key).await.unwrap().is_none());
}

pub(crate) async fn evaluations_stay_with_their_instance(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let (instance, other) = (scene.start(), scene.start());
    let element_instance = scene.enter(instance, "work");
    let mut evaluations = Vec::new();
    for outcome in [Ok(Json::from_trusted("{\"a\": 1}")), Err("no rule fits".into())] {
        evaluations.push(DecisionEvaluation {
            key: scene.key(),
            instance,
            definition: scene.state(instance).instance().unwrap().definition,
            tenant: tenant(),
            element_instance,
            element: Some("work".into()),
            decision: Key::new(PARTITION, 500).into(),
            decision_id: "total".into(),
            decision_version: 3,
            outcome,
            evaluated: Json::from_trusted("[{\"decisionId\": \"total\"}]"),
            at: at(7),
        });
    }
    let mut batch = scene.batch();
    batch.instances[0].decision_evaluations = evaluations.clone();
    store.commit(batch).await.unwrap();
    assert_eq!(store.decision_evaluations(instance, None, 9).await.unwrap(), evaluations);
    assert_eq!(store.decision_evaluations(instance, None, 1).await.unwrap(), evaluations[..1]);
    let after = Some(evaluations[0].key);
    assert_eq!(store.decision_evaluations(instance, after, 9).await.unwrap(), evaluations[1..]);
    assert!(store.decision_evaluations(other, None, 9).await.unwrap().is_empty());

    scene.emit(instance, Event::ElementTerminated { key: element_instance, at: at(8) });
    scene.emit(instance, Event::InstanceTerminated { at: at(8) });
    store.commit(scene.batch()).await.unwrap();
    assert_eq!(store.decision_evaluations(instance, None, 9).await.unwrap().len(), 2);
    let one_row = RemovalLimit { rows: 1, bytes: u64::MAX };
    let mut left = Vec::new();
    for _ in 0..9 {
        store.remove_instances(PARTITION, &[instance], one_row).await.unwrap();
        left.push(store.decision_evaluations(instance, None, 9).await.unwrap().len());
    }
    assert_eq!((left[0], left.last()), (1, Some(&0)));
    assert!(store.process_instance(instance).await.unwrap().is_none());
}
