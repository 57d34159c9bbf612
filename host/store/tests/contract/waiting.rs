//! What is active, what waits for messages, decisions and what they came to: by every field.

use engine::Event;
use engine::state::Awaited;
use fermata_store::search::{
    DecisionEvaluationField, DecisionField, DecisionRequirementsField, ElementInstanceField,
    MessageSubscriptionField, Operand, Operator,
};
use fermata_store::{DecisionEvaluation, Store};
use types::{Json, PartitionId};

use crate::decisions::with_decisions;
use crate::scene::{Scene, at, tenant};
use crate::searched::{Entity, found_by, number, text};

/// Each operand must find the first record and no other of `all`.
pub(crate) async fn first_is_found_by<F: Entity>(store: &dyn Store, all: &[i64], cases: &[(F, Operand)]) {
    for (field, operand) in cases {
        let equal = found_by(store, *field, Operator::Eq(operand.clone())).await;
        assert_eq!(equal, all[..1], "{field:?} = {operand:?}");
        let different = found_by(store, *field, Operator::Neq(operand.clone())).await;
        assert_eq!(different, all[1..], "{field:?} <> {operand:?}");
    }
}

pub(crate) async fn element_instances_by_every_field(store: &dyn Store) {
    use ElementInstanceField as Field;
    let mut scene = Scene::new(store).await;
    let (special, plain) = (scene.start(), scene.start());
    let first = scene.enter(special, "work");
    let incident = scene.incident(special, first, "trouble");
    let other = scene.enter(plain, "work");
    scene.commit().await;
    let all = [first.get(), other.get()];
    let cases = [
        (Field::ElementInstanceKey, number(first.get())),
        (Field::ProcessInstanceKey, number(special.get())),
        (Field::ElementInstanceScopeKey, number(special.get())),
        (Field::HasIncident, number(1)),
        (Field::IncidentKey, number(incident.get())),
    ];
    first_is_found_by(store, &all, &cases).await;
    let found = async |field, operand| found_by(store, field, Operator::Eq(operand)).await;
    assert_eq!(found(Field::ElementId, text("work")).await, all);
    assert_eq!(found(Field::TenantId, text(tenant().as_str())).await, all);
    assert_eq!(found(Field::ProcessDefinitionId, text("order")).await, all);
    let definition = scene.state(plain).instance().unwrap().definition;
    assert_eq!(found(Field::ProcessDefinitionKey, number(definition.get())).await, all);
    let entered = scene.state(plain).element(other).unwrap().entered_at.as_millis();
    assert!(found(Field::StartDate, number(entered)).await.contains(&other.get()));
    scene.emit(special, Event::IncidentResolved { key: incident, at: at(40) });
    scene.commit().await;
    assert!(found(Field::HasIncident, number(1)).await.is_empty());
}

pub(crate) async fn message_subscriptions_by_every_field(store: &dyn Store) {
    use MessageSubscriptionField as Field;
    let mut scene = Scene::new(store).await;
    let mut keys = Vec::new();
    let mut elements = Vec::new();
    let mut instances = Vec::new();
    for (name, correlation_key) in [("paid", "A"), ("sent", "B")] {
        let instance = scene.start();
        let element_instance = scene.enter(instance, "work");
        for awaited in [
            Awaited::Message { name: name.into(), correlation_key: correlation_key.into() },
            Awaited::Signal { name: name.into() },
        ] {
            let key = scene.key();
            let is_message = matches!(awaited, Awaited::Message { .. });
            let element = name.into();
            let opened = Event::SubscriptionOpened { key, element_instance, element, trigger: 0, awaited };
            scene.emit(instance, opened);
            if is_message {
                keys.push(key.get());
            }
        }
        instances.push(instance);
        elements.push(element_instance);
    }
    scene.commit().await;
    let cases = [
        (Field::MessageSubscriptionKey, number(keys[0])),
        (Field::ProcessInstanceKey, number(instances[0].get())),
        (Field::ElementId, text("paid")),
        (Field::ElementInstanceKey, number(elements[0].get())),
        (Field::MessageName, text("paid")),
        (Field::CorrelationKey, text("A")),
    ];
    first_is_found_by(store, &keys, &cases).await;
    let found = async |field, operand| found_by(store, field, Operator::Eq(operand)).await;
    assert_eq!(found(Field::TenantId, text(tenant().as_str())).await, keys);
    assert_eq!(found(Field::ProcessDefinitionId, text("order")).await, keys);
    let state = scene.state(instances[0]);
    let definition = state.instance().unwrap().definition;
    assert_eq!(found(Field::ProcessDefinitionKey, number(definition.get())).await, keys);
    let since = state.element(elements[0]).unwrap().entered_at.as_millis();
    assert!(found(Field::LastUpdatedDate, number(since)).await.contains(&keys[0]));
}

pub(crate) async fn decisions_by_every_field(store: &dyn Store) {
    use DecisionField as Field;
    let mut keys = engine::KeyRange::new(PartitionId::FIRST, 1);
    let versions = [2, 1].map(|version| with_decisions(&mut keys, version));
    for new in &versions {
        store.deploy(PartitionId::FIRST, new.clone()).await.unwrap();
    }
    let discounts: Vec<i64> = versions.iter().map(|new| new.decisions[0].key.get()).collect();
    let totals: Vec<i64> = versions.iter().map(|new| new.decisions[1].key.get()).collect();
    let found = async |field, operand| found_by(store, field, Operator::Eq(operand)).await;
    let all = [discounts[0], totals[0], discounts[1], totals[1]];
    assert_eq!(found(Field::DecisionDefinitionKey, number(totals[1])).await, [totals[1]]);
    assert_eq!(found(Field::DecisionDefinitionId, text("discount")).await, discounts);
    for (field, operand) in [
        (Field::Version, number(2)),
        (Field::IsLatestVersion, number(1)),
        (Field::DecisionRequirementsKey, number(versions[0].decision_requirements[0].key.get())),
        (Field::DecisionRequirementsVersion, number(2)),
    ] {
        assert_eq!(found(field, operand).await, all[..2], "{field:?}");
    }
    for (field, operand) in [
        (Field::DecisionRequirementsId, text("prices")),
        (Field::DecisionRequirementsName, text("Prices")),
        (Field::TenantId, text(tenant().as_str())),
    ] {
        assert_eq!(found(field, operand).await, all, "{field:?}");
    }
    assert!(found_by(store, Field::Name, Operator::Exists(true)).await.is_empty());

    use DecisionRequirementsField as File;
    let files: Vec<i64> = versions.iter().map(|new| new.decision_requirements[0].key.get()).collect();
    let cases = [(File::DecisionRequirementsKey, number(files[0])), (File::Version, number(2))];
    first_is_found_by(store, &files, &cases).await;
    for (field, operand) in [
        (File::DecisionRequirementsId, text("prices")),
        (File::DecisionRequirementsName, text("Prices")),
        (File::ResourceName, text(&versions[0].resources[0].name)),
        (File::TenantId, text(tenant().as_str())),
    ] {
        assert_eq!(found_by(store, field, Operator::Eq(operand)).await, files, "{field:?}");
    }
}

pub(crate) async fn evaluations_by_every_field(store: &dyn Store) {
    use DecisionEvaluationField as Field;
    let mut scene = Scene::new(store).await;
    let mut keys = engine::KeyRange::new(PartitionId::FIRST, 10_000);
    let deployed = with_decisions(&mut keys, 7);
    store.deploy(PartitionId::FIRST, deployed.clone()).await.unwrap();
    let known = &deployed.decisions[0];
    let instances = [scene.start(), scene.start()];
    let mut evaluations = Vec::new();
    for (index, instance) in instances.into_iter().enumerate() {
        let is_first = index == 0;
        evaluations.push(DecisionEvaluation {
            key: scene.key(),
            instance,
            definition: scene.state(instance).instance().unwrap().definition,
            tenant: tenant(),
            element_instance: scene.enter(instance, "work"),
            element: Some("work".into()),
            decision: if is_first { known.key } else { scene.key() },
            decision_id: if is_first { known.decision_id.clone() } else { "gone".into() },
            decision_version: if is_first { 7 } else { 1 },
            outcome: if is_first { Err("no rule fits".into()) } else { Ok(Json::from_trusted("1")) },
            evaluated: Json::from_trusted("[]"),
            at: at(if is_first { 70 } else { 80 }),
        });
    }
    let mut batch = scene.batch();
    for part in &mut batch.instances {
        let of_instance = evaluations.iter().filter(|evaluation| evaluation.instance == part.identity.key);
        part.decision_evaluations = of_instance.cloned().collect();
    }
    store.commit(batch).await.unwrap();
    let all = [evaluations[0].key.get(), evaluations[1].key.get()];
    let cases = [
        (Field::DecisionEvaluationKey, number(all[0])),
        (Field::ProcessInstanceKey, number(instances[0].get())),
        (Field::ElementInstanceKey, number(evaluations[0].element_instance.get())),
        (Field::DecisionDefinitionKey, number(known.key.get())),
        (Field::DecisionDefinitionId, text("discount")),
        (Field::DecisionDefinitionVersion, number(7)),
        (Field::DecisionRequirementsKey, number(known.requirements.get())),
        (Field::State, text("FAILED")),
        (Field::EvaluationDate, number(70)),
        (Field::EvaluationFailure, text("no rule fits")),
    ];
    first_is_found_by(store, &all, &cases).await;
    let found = async |field, operand| found_by(store, field, Operator::Eq(operand)).await;
    assert_eq!(found(Field::State, text("EVALUATED")).await, all[1..]);
    assert_eq!(found(Field::TenantId, text(tenant().as_str())).await, all);
    let definition = evaluations[0].definition.get();
    assert_eq!(found(Field::ProcessDefinitionKey, number(definition)).await, all);
    assert!(found_by(store, Field::DecisionDefinitionName, Operator::Exists(true)).await.is_empty());
}
