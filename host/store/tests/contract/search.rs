//! Every field of every entity can be searched by.

use engine::Event;
use engine::state::IncidentKind;
use fermata_store::Store;
use fermata_store::search::{
    IncidentField, JobField, Operand, Operator, ProcessDefinitionField, ProcessInstanceField, UserTaskField,
    VariableField,
};
use types::{IncidentKey, ProcessInstanceKey, TenantId, UserTaskKey};

use crate::scene::{Scene, at, tenant};
use crate::searched::{Entity, found_by, number, text};

/// Each operand must find the first record and no other of `all`.
async fn first_is_found_by<F: Entity>(store: &dyn Store, all: &[i64], cases: &[(F, Operand)]) {
    for (field, operand) in cases {
        let equal = found_by(store, *field, Operator::Eq(operand.clone())).await;
        assert_eq!(equal, all[..1], "{field:?} = {operand:?}");
        let different = found_by(store, *field, Operator::Neq(operand.clone())).await;
        assert_eq!(different, all[1..], "{field:?} <> {operand:?}");
    }
}

pub(crate) async fn process_instances_by_every_field(store: &dyn Store) {
    use ProcessInstanceField as Field;
    let mut scene = Scene::new(store).await;
    let plain = scene.deploy(&tenant(), 3).await;
    let special = scene.deploy(&TenantId::new("special"), 2).await;
    let first = scene.start_with(special, 100, Some("B-1"), &["red", "blue"]);
    let others = [1, 2].map(|at| scene.start_with(plain, at, Some("B-2"), &["green"]));
    scene.emit(first, Event::InstanceTerminated { at: at(200) });
    // The end of an instance ends its incidents; this is what a row looks like that has one all the same.
    scene.incident(first, first.root_scope(), "trouble");
    scene.emit(others[0], Event::InstanceCompleted { at: at(300) });
    scene.commit().await;
    let all = [first.get(), others[0].get(), others[1].get()];
    let cases = [
        (Field::ProcessInstanceKey, number(first.get())),
        (Field::ProcessDefinitionKey, number(special.get())),
        (Field::ProcessDefinitionName, text("Order 2")),
        (Field::ProcessDefinitionVersion, number(2)),
        (Field::ProcessDefinitionVersionTag, text("v2")),
        (Field::State, text("TERMINATED")),
        (Field::HasIncident, number(1)),
        (Field::StartDate, number(100)),
        (Field::EndDate, number(200)),
        (Field::TenantId, text("special")),
        (Field::BusinessId, text("B-1")),
        (Field::Tag, text("blue")),
    ];
    first_is_found_by(store, &all, &cases).await;
    assert_eq!(found_by(store, Field::ProcessDefinitionId, Operator::Eq(text("order"))).await, all);
    assert_eq!(found_by(store, Field::HasIncident, Operator::Eq(number(0))).await, all[1..]);
}

pub(crate) async fn process_definitions_by_every_field(store: &dyn Store) {
    use ProcessDefinitionField as Field;
    let mut scene = Scene::empty(store, types::PartitionId::FIRST);
    let special = TenantId::new("special");
    let mut all = Vec::new();
    for (tenant, version) in [(&special, 3), (&tenant(), 1), (&special, 2)] {
        all.push(scene.deploy(tenant, version).await.get());
    }
    let cases = [
        (Field::ProcessDefinitionKey, number(all[0])),
        (Field::Name, text("Order 3")),
        (Field::Version, number(3)),
        (Field::VersionTag, text("v3")),
    ];
    first_is_found_by(store, &all, &cases).await;
    let found = async |field, operand| found_by(store, field, Operator::Eq(operand)).await;
    assert_eq!(found(Field::ProcessDefinitionId, text("order")).await, all);
    assert_eq!(found(Field::ResourceName, text("order.bpmn")).await, all);
    assert_eq!(found(Field::TenantId, text("special")).await, [all[0], all[2]]);
    assert_eq!(found(Field::IsLatestVersion, number(1)).await, all[..2]);
    assert_eq!(found(Field::IsLatestVersion, number(0)).await, all[2..]);
}

/// Two instances, the first of its own tenant and definition.
async fn two_instances(scene: &mut Scene<'_>) -> [ProcessInstanceKey; 2] {
    let special = scene.deploy(&TenantId::new("special"), 2).await;
    let first = scene.start_with(special, 10, None, &[]);
    let plain = scene.deploy(&tenant(), 3).await;
    [first, scene.start_with(plain, 10, None, &[])]
}

pub(crate) async fn user_tasks_by_every_field(store: &dyn Store) {
    use UserTaskField as Field;
    let mut scene = Scene::new(store).await;
    let instances = two_instances(&mut scene).await;
    let (element, first): (_, UserTaskKey) = (scene.enter(instances[0], "work"), scene.key());
    scene.emit(
        instances[0],
        Event::UserTaskCreated {
            key: first,
            element_instance: element,
            assignee: Some("anna".into()),
            candidate_groups: vec!["sales".into(), "all".into()],
            candidate_users: vec!["bob".into()],
            due_date: Some(at(500)),
            follow_up_date: Some(at(400)),
            priority: 80,
            form_key: None,
            external_form_reference: None,
            form: None,
            at: at(40),
        },
    );
    let second = scene.user_task(instances[1], 41);
    scene.emit(instances[0], Event::UserTaskCompleted { key: first, at: at(90) });
    scene.commit().await;
    let all = [first.get(), second.get()];
    let origin = store.user_task(first).await.unwrap().unwrap().origin;
    let cases = [
        (Field::UserTaskKey, number(all[0])),
        (Field::ElementId, text("work")),
        (Field::ElementInstanceKey, number(element.get())),
        (Field::ProcessInstanceKey, number(instances[0].get())),
        (Field::ProcessDefinitionKey, number(origin.definition.get())),
        (Field::State, text("COMPLETED")),
        (Field::Assignee, text("anna")),
        (Field::CandidateGroup, text("all")),
        (Field::CandidateUser, text("bob")),
        (Field::Priority, number(80)),
        (Field::CreationDate, number(40)),
        (Field::CompletionDate, number(90)),
        (Field::DueDate, number(500)),
        (Field::FollowUpDate, number(400)),
        (Field::TenantId, text("special")),
    ];
    first_is_found_by(store, &all, &cases).await;
    assert_eq!(found_by(store, Field::ProcessDefinitionId, Operator::Eq(text("order"))).await, all);
}

pub(crate) async fn incidents_by_every_field(store: &dyn Store) {
    use IncidentField as Field;
    let mut scene = Scene::new(store).await;
    let instances = two_instances(&mut scene).await;
    let (element, first): (_, IncidentKey) = (scene.enter(instances[0], "part"), scene.key());
    let job = scene.job(instances[0], "work");
    scene.emit(
        instances[0],
        Event::IncidentCreated {
            key: first,
            element_instance: element,
            job: Some(job),
            kind: IncidentKind::JobNoRetries,
            message: "no retries".into(),
            at: at(40),
        },
    );
    let other = scene.enter(instances[1], "work");
    let second = scene.incident(instances[1], other, "other");
    scene.emit(instances[0], Event::IncidentResolved { key: first, at: at(90) });
    scene.commit().await;
    let all = [first.get(), second.get()];
    let origin = store.incident(first).await.unwrap().unwrap().origin;
    let cases = [
        (Field::IncidentKey, number(all[0])),
        (Field::ProcessInstanceKey, number(instances[0].get())),
        (Field::ProcessDefinitionKey, number(origin.definition.get())),
        (Field::ElementId, text("part")),
        (Field::ElementInstanceKey, number(element.get())),
        (Field::JobKey, number(job.get())),
        (Field::ErrorType, text("JOB_NO_RETRIES")),
        (Field::ErrorMessage, text("no retries")),
        (Field::State, text("RESOLVED")),
        (Field::CreationTime, number(40)),
        (Field::TenantId, text("special")),
    ];
    first_is_found_by(store, &all, &cases).await;
    assert_eq!(found_by(store, Field::ProcessDefinitionId, Operator::Eq(text("order"))).await, all);
    assert_eq!(found_by(store, Field::State, Operator::Eq(text("ACTIVE"))).await, all[1..]);
}

pub(crate) async fn jobs_by_every_field(store: &dyn Store) {
    use JobField as Field;
    let mut scene = Scene::new(store).await;
    let instances = two_instances(&mut scene).await;
    let first = scene.job(instances[0], "special");
    let element = scene.enter(instances[1], "part");
    let second = scene.key();
    scene.emit(
        instances[1],
        Event::JobCreated {
            key: second,
            element_instance: element,
            job_type: "work".into(),
            retries: 5,
            headers: vec![],
            kind: None,
            priority: None,
        },
    );
    let (retry_at, message) = (at(77), "m".into());
    scene.emit(instances[1], Event::JobFailed { job: second, retries: 0, retry_at, message });
    let (worker, deadline) = ("w".into(), at(77));
    scene.emit(instances[0], Event::JobActivated { job: first, attempt: 1, worker, deadline });
    scene.commit().await;
    let all = [first.get(), second.get()];
    let page = crate::searched::page::<JobField>(store, &Default::default()).await;
    let origin = &page.items[0].origin;
    let cases = [
        (Field::JobKey, number(all[0])),
        (Field::Type, text("special")),
        (Field::State, text("CREATED")),
        (Field::Worker, text("w")),
        (Field::Retries, number(3)),
        (Field::Deadline, number(77)),
        (Field::ElementId, text("work")),
        (Field::ElementInstanceKey, number(page.items[0].job.element_instance.get())),
        (Field::ProcessInstanceKey, number(instances[0].get())),
        (Field::ProcessDefinitionKey, number(origin.definition.get())),
        (Field::TenantId, text("special")),
    ];
    first_is_found_by(store, &all, &cases).await;
    assert_eq!(found_by(store, Field::ProcessDefinitionId, Operator::Eq(text("order"))).await, all);
    assert_eq!(found_by(store, Field::State, Operator::Eq(text("FAILED"))).await, all[1..]);
}

pub(crate) async fn variables_by_every_field(store: &dyn Store) {
    use VariableField as Field;
    let mut scene = Scene::new(store).await;
    let instances = two_instances(&mut scene).await;
    let scope = scene.enter(instances[0], "part");
    let first = scene.variable(instances[0], scope, "total", "\"1\"");
    let second = scene.variable(instances[1], instances[1].root_scope(), "Total", "1");
    scene.commit().await;
    let all = [first.get(), second.get()];
    let cases = [
        (Field::VariableKey, number(all[0])),
        (Field::Name, text("total")),
        (Field::Value, text("\"1\"")),
        (Field::ScopeKey, number(scope.get())),
        (Field::ProcessInstanceKey, number(instances[0].get())),
        (Field::TenantId, text("special")),
    ];
    first_is_found_by(store, &all, &cases).await;
}

pub(crate) async fn single_records_are_found_by_key(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&tenant(), 2).await;
    let instance = scene.start_with(definition, 12, Some("B"), &["x"]);
    let task = scene.user_task(instance, 20);
    let element = scene.enter(instance, "work");
    let incident = scene.incident(instance, element, "trouble");
    scene.commit().await;

    let record = store.process_instance(instance).await.unwrap().unwrap();
    assert_eq!(record.process_name.as_deref(), Some("Order 2"));
    assert_eq!((record.version, record.version_tag.as_deref()), (2, Some("v2")));
    assert_eq!((record.has_incident, record.tags.len()), (true, 1));
    let record = store.user_task(task).await.unwrap().unwrap();
    assert_eq!(&record.task, scene.state(instance).user_task(task).unwrap());
    assert_eq!((record.origin.instance, record.origin.version), (instance, 2));
    let record = store.incident(incident).await.unwrap().unwrap();
    assert_eq!(&record.incident, scene.state(instance).incident(incident).unwrap());
    assert_eq!(store.user_task(UserTaskKey::from_i64(1)).await.unwrap(), None);
    assert_eq!(store.incident(IncidentKey::from_i64(1)).await.unwrap(), None);
}
