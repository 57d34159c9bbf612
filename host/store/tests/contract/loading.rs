//! What is committed is what is loaded.

use engine::event::Renamed;
use engine::state::{Awaited, IncidentKind, JobKind, TokenPlace};
use engine::{Change, Event, journal};
use fermata_store::search::JobSearch;
use fermata_store::{Batch, Error, Store};
use types::{JobKey, Key, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, Timestamp};

use crate::scene::{Scene, at};

pub(crate) async fn every_entity_comes_back_as_it_was(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&crate::scene::tenant(), 2).await;
    let instance = scene.start_with(definition, 10, Some("Müller & Söhne"), &["a", "b\"c"]);
    let root = instance.root_scope();

    let part = scene.enter(instance, "part");
    let inner = scene.enter_in(instance, part, "part-work");
    scene.emit(instance, Event::ElementCompleting { key: inner });
    scene.variable(instance, root, "total", "1.10");
    scene.variable(instance, part, "total", "{\"a\": [1, \"ü\"]}");
    scene.emit(instance, Event::TokenParked { scope: root, flow: "to-end".into() });
    scene.emit(instance, Event::TokenParked { scope: root, flow: "to-end".into() });
    scene.emit(instance, Event::TokenParked { scope: part, flow: "to-part-end".into() });
    let job = scene.key();
    scene.emit(
        instance,
        Event::JobCreated {
            key: job,
            element_instance: inner,
            job_type: "part-work".into(),
            retries: 3,
            headers: headers(),
            kind: Some(JobKind::StartListener),
            priority: Some(-7),
        },
    );
    let timer = scene.timer(instance, 1_000);
    let (human, task) = (scene.enter(instance, "human"), scene.key());
    scene.emit(
        instance,
        Event::UserTaskCreated {
            key: task,
            element_instance: human,
            assignee: Some("anna".into()),
            candidate_groups: vec!["sales".into(), "a \"quoted\" group".into()],
            candidate_users: vec!["bob".into()],
            due_date: Some(at(500)),
            follow_up_date: Some(at(400)),
            priority: 80,
            form_key: Some("form".into()),
            external_form_reference: Some("https://example.com/form".into()),
            form: Some(Key::new(PartitionId::FIRST, 77).into()),
            at: at(40),
        },
    );
    let incident = scene.key();
    scene.emit(
        instance,
        Event::IncidentCreated {
            key: incident,
            element_instance: inner,
            job: Some(job),
            kind: IncidentKind::JobNoRetries,
            message: "no more".into(),
            at: at(50),
        },
    );
    scene.commit().await;
    let rows = store.load_instance(instance).await.unwrap().unwrap();
    let counts =
        [rows.elements.len(), rows.variables.len(), rows.tokens.len(), rows.jobs.len(), rows.timers.len()];
    assert_eq!(counts, [4, 2, 2, 1, 1]);
    assert_eq!((rows.user_tasks.len(), rows.incidents.len()), (1, 1));
    assert_eq!(rows.jobs[0].headers, headers());

    // Every kind of change.
    scene.emit(instance, Event::ElementActivated { key: inner });
    scene.variable(instance, root, "total", "null");
    scene.emit(instance, Event::TokenTaken { scope: root, flow: "to-end".into() });
    let (worker, deadline) = ("w".into(), at(60));
    scene.emit(instance, Event::JobStarted { job, attempt: 1, worker, deadline });
    let (value, writer_version) = (vec![0, 255], "w 1.0.0".into());
    scene.emit(instance, Event::CheckpointSaved { job, attempt: 1, value, writer_version });
    scene.emit(instance, Event::UserTaskAssigned { key: task, assignee: None });
    scene.emit(
        instance,
        Event::UserTaskUpdated {
            key: task,
            candidate_groups: vec![],
            candidate_users: vec!["carl".into()],
            due_date: None,
            follow_up_date: Some(at(401)),
            priority: 0,
        },
    );
    scene.emit(instance, Event::Paused {});
    scene.commit().await;
    scene.emit(instance, Event::JobInterrupted { job, retries: 2 });
    scene.commit().await;
    let (retry_at, message) = (at(70), "broken".into());
    scene.emit(instance, Event::JobFailed { job, retries: 1, retry_at, message });
    scene.commit().await;
    scene.emit(instance, Event::JobRetriesUpdated { job, retries: 0 });
    let (code, message) = ("E".into(), "uncaught".into());
    scene.emit(instance, Event::JobErrorUncaught { job, code, message });
    scene.emit(instance, Event::Resumed {});
    scene.commit().await;

    // Everything goes.
    scene.emit(instance, Event::IncidentResolved { key: incident, at: at(80) });
    scene.emit(instance, Event::JobCompleted { job });
    scene.emit(instance, Event::TimerTriggered { key: timer });
    scene.emit(instance, Event::UserTaskCompleted { key: task, at: at(81) });
    scene.emit(instance, Event::ElementTerminated { key: inner, at: at(82) });
    scene.emit(instance, Event::ElementTerminated { key: part, at: at(82) });
    scene.emit(instance, Event::TokenTaken { scope: root, flow: "to-end".into() });
    scene.commit().await;
    let rows = store.load_instance(instance).await.unwrap().unwrap();
    assert_eq!((rows.jobs.len(), rows.timers.len(), rows.tokens.len()), (0, 0, 0));
    assert_eq!((rows.user_tasks.len(), rows.incidents.len(), rows.variables.len()), (0, 0, 1));
    let task = store.user_task(task).await.unwrap().unwrap().task;
    assert_eq!(task.ended_at, Some(at(81)));
    let incident = store.incident(incident).await.unwrap().unwrap().incident;
    assert_eq!(incident.ended_at, Some(at(80)));
}

/// Two headers. Their type has no public name, so they come from their encoding.
fn headers<T: for<'b> minicbor::Decode<'b, ()>>() -> Vec<T> {
    let encoded = b"\x82\xa2\x00\x64form\x01\x63\"a\"\xa2\x00\x61b\x01\x60";
    minicbor::decode(encoded).unwrap()
}

pub(crate) async fn a_migrated_instance_comes_back_with_its_new_names(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let job = scene.job(instance, "work");
    let element = scene.state(instance).job(job).unwrap().element_instance;
    let task = scene.user_task(instance, 20);
    scene.timer(instance, 1_000);
    let incident = scene.incident(instance, element, "trouble");
    let key = scene.key();
    let awaited = Awaited::Message { name: "paid".into(), correlation_key: "1".into() };
    scene.emit(
        instance,
        Event::SubscriptionOpened {
            key,
            element_instance: element,
            element: "work".into(),
            trigger: 0,
            awaited,
        },
    );
    scene.emit(instance, Event::TokenParked { scope: instance.root_scope(), flow: "to-end".into() });
    scene.commit().await;
    let definition = scene.deploy(&crate::scene::tenant(), 2).await;
    let renamed = |from: &str, to: &str| Renamed { from: from.into(), to: to.into() };
    scene.emit(
        instance,
        Event::InstanceMigrated {
            definition,
            bpmn_process_id: "order".into(),
            version: 2,
            version_tag: Some("v2".into()),
            renamed: vec![renamed("work", "part-work"), renamed("to-end", "to-part-end")],
        },
    );
    scene.commit().await;
    let rows = store.load_instance(instance).await.unwrap().unwrap();
    assert_eq!((rows.instance.definition, rows.instance.version), (definition, 2));
    assert_eq!(&*rows.subscriptions[0].element, "part-work");
    assert_eq!(&*rows.tokens[0].place.flow, "to-part-end");
    let found = store.search_jobs(&JobSearch::default()).await.unwrap().items;
    assert_eq!((found[0].origin.definition, &*found[0].element), (definition, "part-work"));
    assert_eq!(store.user_task(task).await.unwrap().unwrap().origin.definition, definition);
    let found = store.incident(incident).await.unwrap().unwrap();
    assert_eq!((found.origin.definition, &*found.incident.element), (definition, "part-work"));
    // The next change is one like any other.
    scene.variable(instance, instance.root_scope(), "a", "1");
    scene.emit(instance, Event::JobCompleted { job });
    scene.commit().await;
}

pub(crate) async fn what_came_and_went_leaves_no_rows(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    scene.commit().await;
    let element = scene.enter(instance, "work");
    let job = scene.job(instance, "work");
    let element_of_job = scene.state(instance).job(job).unwrap().element_instance;
    scene.variable(instance, element, "local", "1");
    scene.emit(instance, Event::JobCompleted { job });
    scene.emit(instance, Event::ElementCompleted { key: element, at: at(30) });
    scene.emit(instance, Event::ElementCompleted { key: element_of_job, at: at(30) });
    scene.commit().await;
    let rows = store.load_instance(instance).await.unwrap().unwrap();
    assert!(rows.elements.is_empty() && rows.jobs.is_empty() && rows.variables.is_empty());
}

pub(crate) async fn ended_instances_keep_their_variables_and_history(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let (completed, terminated) = (scene.start(), scene.start());
    for instance in [completed, terminated] {
        scene.variable(instance, instance.root_scope(), "result", "42");
    }
    scene.commit().await;
    scene.emit(completed, Event::InstanceCompleted { at: at(99) });
    scene.emit(terminated, Event::InstanceTerminated { at: at(98) });
    scene.commit().await;
    let record = store.process_instance(completed).await.unwrap().unwrap();
    assert_eq!((record.state.name(), record.ended_at), ("COMPLETED", Some(at(99))));
    let record = store.process_instance(terminated).await.unwrap().unwrap();
    assert_eq!((record.state.name(), record.ended_at), ("TERMINATED", Some(at(98))));
    let rows = store.load_instance(completed).await.unwrap().unwrap();
    assert_eq!(rows.variables.len(), 1);
    assert_eq!(store.journal(completed, None, 10).await.unwrap().len(), 2);
}

pub(crate) async fn many_rows_go_through_one_commit(store: &dyn Store) {
    const INSTANCES: usize = 700;
    let mut scene = Scene::new(store).await;
    let mut jobs = Vec::new();
    for number in 0..INSTANCES {
        let instance = scene.start();
        scene.variable(instance, instance.root_scope(), "number", &number.to_string());
        scene.emit(instance, Event::TokenParked { scope: instance.root_scope(), flow: "to-end".into() });
        jobs.push((instance, scene.job(instance, "work")));
    }
    scene.commit().await;
    let tenants = [crate::scene::tenant()];
    let taken = store
        .activatable_jobs(PartitionId::FIRST, "work", &tenants, Timestamp::default(), None, u32::MAX)
        .await
        .unwrap();
    assert_eq!(taken.len(), INSTANCES);
    for (instance, job) in jobs {
        let element = scene.state(instance).job(job).unwrap().element_instance;
        scene.emit(instance, Event::JobCompleted { job });
        scene.emit(instance, Event::ElementCompleted { key: element, at: at(30) });
        scene.emit(instance, Event::TokenTaken { scope: instance.root_scope(), flow: "to-end".into() });
        scene.emit(instance, Event::InstanceCompleted { at: at(31) });
    }
    scene.commit().await;
}

pub(crate) async fn an_unknown_instance_is_none(store: &dyn Store) {
    let key = ProcessInstanceKey::from_i64(1);
    assert!(store.load_instance(key).await.unwrap().is_none());
    assert!(store.process_instance(key).await.unwrap().is_none());
    assert!(store.journal(key, None, 10).await.unwrap().is_empty());
}

pub(crate) async fn a_row_that_is_missing_fails_the_whole_batch(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let (sound, broken) = (scene.start(), scene.start());
    let place = TokenPlace { scope: broken.root_scope(), flow: "to-end".into() };
    scene.commit().await;
    let counter = store.next_key_counter(PartitionId::FIRST).await.unwrap();

    // Small commits and large ones are written in different ways.
    for (table, variables) in [("job", 1), ("job", 50), ("token", 1), ("token", 50)] {
        for number in 0..variables {
            scene.variable(sound, sound.root_scope(), &format!("{table}{variables} {number}"), "1");
        }
        scene.emit(broken, Event::Paused {});
        let mut batch = scene.batch();
        let changes = &mut batch.instances[1].changes;
        match table {
            "job" => changes.jobs.push(Change::Delete(JobKey::from_i64(17))),
            _ => changes.tokens.push(Change::Delete(place.clone())),
        }
        match store.commit(batch).await {
            Err(Error::RowsMissing { instance, table: found }) => {
                assert_eq!((instance, found), (broken, table))
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(store.load_instance(sound).await.unwrap().unwrap().variables.is_empty());
    assert!(!store.load_instance(broken).await.unwrap().unwrap().instance.paused);
    assert_eq!(store.journal(broken, None, 10).await.unwrap().len(), 1);
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), counter);

    let other = scene.start();
    store.commit(scene.batch()).await.unwrap();
    assert!(store.process_instance(other).await.unwrap().is_some());
}

pub(crate) async fn an_instance_without_definition_is_refused(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let mut batch = scene.batch();
    let unknown = ProcessDefinitionKey::from_i64(17);
    batch.instances[0].identity.definition = unknown;
    batch.instances[0].changes.instance.as_mut().unwrap().definition = unknown;
    assert!(matches!(store.commit(batch).await, Err(Error::Damaged(_))));
    assert!(store.process_instance(instance).await.unwrap().is_none());
}

pub(crate) async fn keys_are_never_given_out_again(store: &dyn Store) {
    let partition = PartitionId::FIRST;
    let counter = || async { store.next_key_counter(partition).await.unwrap() };
    assert_eq!(counter().await, 1);
    for (written, expected) in [(100, 100), (50, 100), (101, 101)] {
        let batch =
            Batch { partition, next_key_counter: written, instances: vec![], exchange: Default::default() };
        store.commit(batch).await.unwrap();
        assert_eq!(counter().await, expected);
    }
    assert_eq!(store.next_key_counter(PartitionId::new(2).unwrap()).await.unwrap(), 1);
}

pub(crate) async fn entities_name_their_instance(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let (instance, other) = (scene.start(), scene.start());
    let job = scene.job(instance, "work");
    let task = scene.user_task(instance, 20);
    let element = scene.enter(instance, "work");
    let incident = scene.incident(instance, element, "trouble");
    scene.job(other, "work");
    scene.commit().await;
    let found = Some(instance);
    assert_eq!(store.instance_of_job(job).await.unwrap(), found);
    assert_eq!(store.instance_of_user_task(task).await.unwrap(), found);
    assert_eq!(store.instance_of_incident(incident).await.unwrap(), found);
    assert_eq!(store.instance_of_element(element).await.unwrap(), found);
    assert_eq!(store.instance_of_element(instance.root_scope()).await.unwrap(), found);

    scene.emit(instance, Event::JobCompleted { job });
    scene.emit(instance, Event::UserTaskCompleted { key: task, at: at(60) });
    scene.emit(instance, Event::IncidentResolved { key: incident, at: at(60) });
    scene.emit(instance, Event::ElementCompleted { key: element, at: at(60) });
    scene.commit().await;
    assert_eq!(store.instance_of_job(job).await.unwrap(), None);
    assert_eq!(store.instance_of_user_task(task).await.unwrap(), None);
    assert_eq!(store.instance_of_incident(incident).await.unwrap(), None);
    assert_eq!(store.instance_of_element(element).await.unwrap(), None);
}

pub(crate) async fn history_is_in_order(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let (instance, other) = (scene.start(), scene.start());
    for number in 0..5 {
        scene.variable(instance, instance.root_scope(), "number", &number.to_string());
        scene.variable(other, other.root_scope(), "number", "0");
        scene.commit().await;
    }
    let rows = store.journal(instance, None, 100).await.unwrap();
    assert_eq!(rows.len(), 5);
    assert!(rows.is_sorted_by(|left, right| left.position < right.position));
    let entries = journal::decode(&rows[0].entries).unwrap();
    assert_eq!(entries[0].actor.as_str(), "tester");
    assert!(matches!(entries[0].events[0], Event::InstanceCreated { key, .. } if key == instance));
    assert_eq!(store.journal(instance, Some(rows[1].position), 2).await.unwrap(), rows[2..4]);
    assert_eq!(store.journal(instance, Some(rows[4].position), 2).await.unwrap(), []);
}
