//! Messages that instances have taken.

use engine::Event;
use fermata_store::search::{
    MessageCorrelationField, Operator, Order, PAGE_BYTES_MAX, PageRequest, PageStart, Search,
};
use fermata_store::{MessageCorrelation, RemovalLimit, Store};
use types::{PartitionId, ProcessInstanceKey, SubscriptionKey};

use crate::removal::WHOLE;
use crate::scene::{Scene, at, tenant};
use crate::searched::{found_by, keys, number, page, text};
use crate::waiting::first_is_found_by;

/// One that an event took which waited, and one that has started its instance.
async fn two(scene: &mut Scene<'_>, store: &dyn Store) -> [MessageCorrelation; 2] {
    let instances = [scene.start(), scene.start()];
    let definition = scene.state(instances[0]).instance().unwrap().definition;
    let waited = scene.enter(instances[0], "work");
    let taken = MessageCorrelation {
        key: scene.key(),
        instance: instances[0],
        definition,
        tenant: tenant(),
        message: scene.key(),
        name: "paid".into(),
        correlation_key: "A".into(),
        subscription: scene.key(),
        element: "work".into(),
        element_instance: Some(waited),
        at: at(70),
    };
    let started = MessageCorrelation {
        key: scene.key(),
        instance: instances[1],
        message: scene.key(),
        name: "ordered".into(),
        correlation_key: "".into(),
        subscription: SubscriptionKey(definition.0),
        element: "start".into(),
        element_instance: None,
        at: at(80),
        ..taken.clone()
    };
    commit(scene, store, &[taken.clone(), started.clone()]).await;
    [taken, started]
}

async fn commit(scene: &mut Scene<'_>, store: &dyn Store, correlations: &[MessageCorrelation]) {
    let mut batch = scene.batch();
    for part in &mut batch.instances {
        let of_instance = correlations.iter().filter(|row| row.instance == part.identity.key);
        part.correlations = of_instance.cloned().collect();
    }
    store.commit(batch).await.unwrap();
}

pub(crate) async fn message_correlations_by_every_field(store: &dyn Store) {
    use MessageCorrelationField as Field;
    let mut scene = Scene::new(store).await;
    let [taken, started] = two(&mut scene, store).await;
    let all = [taken.key.get(), started.key.get()];
    let cases = [
        (Field::Key, number(all[0])),
        (Field::MessageKey, number(taken.message.get())),
        (Field::MessageName, text("paid")),
        (Field::CorrelationKey, text("A")),
        (Field::CorrelationTime, number(70)),
        (Field::SubscriptionKey, number(taken.subscription.get())),
        (Field::ElementId, text("work")),
        (Field::ProcessInstanceKey, number(taken.instance.get())),
    ];
    first_is_found_by(store, &all, &cases).await;
    let found = async |field, operand| found_by(store, field, Operator::Eq(operand)).await;
    let waited = taken.element_instance.unwrap().get();
    assert_eq!(found(Field::ElementInstanceKey, number(waited)).await, all[..1]);
    assert_eq!(found_by(store, Field::ElementInstanceKey, Operator::Exists(false)).await, all[1..]);
    for (field, operand) in [
        (Field::ProcessDefinitionKey, number(taken.definition.get())),
        (Field::ProcessDefinitionId, text("order")),
        (Field::PartitionId, number(i64::from(PartitionId::FIRST.get()))),
        (Field::TenantId, text(tenant().as_str())),
    ] {
        assert_eq!(found(field, operand).await, all, "{field:?}");
    }
    assert!(found(Field::PartitionId, number(2)).await.is_empty());
    let newest = Search {
        sort: vec![(Field::CorrelationTime, Order::Descending)],
        page: PageRequest { start: PageStart::From(0), limit: 1 },
        ..Search::default()
    };
    let newest = page(store, &newest).await;
    assert_eq!(newest.items[0].correlation, started);
    assert_eq!(&*newest.items[0].bpmn_process_id, "order");
    let rest = Search {
        sort: vec![(Field::CorrelationTime, Order::Descending)],
        page: PageRequest { start: PageStart::After(newest.end_cursor.unwrap()), limit: 9 },
        ..Search::default()
    };
    assert_eq!(keys::<Field>(&page(store, &rest).await), all[..1]);
}

pub(crate) async fn long_correlation_keys_end_a_page_early(store: &dyn Store) {
    use MessageCorrelationField as Field;
    let mut scene = Scene::new(store).await;
    let [taken, started] = two(&mut scene, store).await;
    let long = "x".repeat(PAGE_BYTES_MAX / 2);
    let long: Vec<MessageCorrelation> = (0..2)
        .map(|_| MessageCorrelation {
            key: scene.key(),
            correlation_key: long.as_str().into(),
            ..taken.clone()
        })
        .collect();
    scene.enter(taken.instance, "again");
    commit(&mut scene, store, &long).await;
    let search = Search::<Field> {
        conditions: Vec::new(),
        sort: Vec::new(),
        page: PageRequest { start: PageStart::From(0), limit: 10 },
    };
    let first = page(store, &search).await;
    assert_eq!(
        keys::<Field>(&first),
        [taken.key.get(), started.key.get(), long[0].key.get()],
        "the names count as well"
    );
    assert_eq!(first.total_items, 4);
}

pub(crate) async fn message_correlations_go_with_their_instance(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let [taken, started] = two(&mut scene, store).await;
    let left = async |instance: ProcessInstanceKey| {
        let operand = number(instance.get());
        found_by(store, MessageCorrelationField::ProcessInstanceKey, Operator::Eq(operand)).await.len()
    };
    scene.emit(started.instance, Event::InstanceCompleted { at: at(90) });
    scene.commit().await;
    assert_eq!(left(started.instance).await, 1, "it stays when the instance has ended");
    // A row each time, and its own when nothing else is left.
    let (mut rounds, one) = (0, RemovalLimit { rows: 1, bytes: 1 << 20 });
    while store.process_instance(started.instance).await.unwrap().is_some() {
        let both = [taken.instance, started.instance];
        assert!(store.remove_instances(PartitionId::FIRST, &both, one).await.unwrap().rows > 0);
        rounds += 1;
        assert!(rounds < 10, "it never goes");
    }
    assert!(rounds > 1, "rows were left with its own");
    assert_eq!(left(started.instance).await, 0);
    store.remove_instances(PartitionId::FIRST, &[taken.instance], WHOLE).await.unwrap();
    assert_eq!(left(taken.instance).await, 1, "its instance is active");
}
