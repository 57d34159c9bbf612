//! Random instances and random searches: SQL must agree with memory, and both with the state that was committed.
//!
//! `PROPTEST_RNG_SEED` repeats a run; a failure prints the seed and the shortest case that was found.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use engine::state::{
    Awaited, ConditionLeft, ElementState, IncidentKind, JobKind, Role, Sequel, TaskChange, TaskChangeKind,
    TaskCorrections,
};
use engine::{Event, InstanceState};
use fermata_store::memory::MemoryStore;
use fermata_store::search::{
    Condition, IncidentField, JobField, Operand, Operator, Order, PageRequest, PageStart,
    ProcessDefinitionField, ProcessInstanceField, Search, UserTaskField, VariableField,
};
use fermata_store::{JobPlace, Store};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestRunner};
use types::{
    ElementInstanceKey, JobKey, Key, PartitionId, ProcessInstanceKey, SharedStr, TenantId, Timestamp,
};

use crate::scene::{Scene, at, tenant};
use crate::searched::Entity;

const CASES: u32 = 48;
const STEPS_MAX: usize = 120;
const SEARCHES_MAX: usize = 12;
const SHRINKING_MAX: u32 = 400;

/// Something that may happen to an instance.
#[derive(Clone, Copy, Debug)]
enum Act {
    Start,
    Enter,
    EnterPart,
    Activate,
    Leave,
    Terminate,
    Variable,
    Job,
    HoldJob,
    RunJob,
    FailJob,
    PostponeJob,
    ParkJob,
    ReleaseJob,
    Checkpoint,
    CompleteJob,
    Timer,
    FireTimer,
    UserTask,
    AssignUserTask,
    CompleteUserTask,
    Incident,
    ResolveIncident,
    Subscribe,
    SeeCondition,
    Unsubscribe,
    StartLoop,
    KeepResult,
    KeepCompensation,
    Compensate,
    EndCompensation,
    Listener,
    Call,
    ChangeTask,
    DecideTask,
    Suspend,
    Unsuspend,
    Park,
    TakeToken,
    Pause,
    Resume,
    End,
    Commit,
}

const ACTS: [Act; 43] = [
    Act::Start,
    Act::Enter,
    Act::EnterPart,
    Act::Activate,
    Act::Leave,
    Act::Terminate,
    Act::Variable,
    Act::Job,
    Act::HoldJob,
    Act::RunJob,
    Act::FailJob,
    Act::PostponeJob,
    Act::ParkJob,
    Act::ReleaseJob,
    Act::Checkpoint,
    Act::CompleteJob,
    Act::Timer,
    Act::FireTimer,
    Act::UserTask,
    Act::AssignUserTask,
    Act::CompleteUserTask,
    Act::Incident,
    Act::ResolveIncident,
    Act::Subscribe,
    Act::SeeCondition,
    Act::Unsubscribe,
    Act::StartLoop,
    Act::KeepResult,
    Act::KeepCompensation,
    Act::Compensate,
    Act::EndCompensation,
    Act::Listener,
    Act::Call,
    Act::ChangeTask,
    Act::DecideTask,
    Act::Suspend,
    Act::Unsuspend,
    Act::Park,
    Act::TakeToken,
    Act::Pause,
    Act::Resume,
    Act::End,
    Act::Commit,
];

/// One act; `pick` chooses what it happens to, `value` what it brings.
#[derive(Clone, Copy, Debug)]
struct Step {
    act: Act,
    pick: usize,
    value: usize,
}

const TEXTS: [&str; 8] = ["a", "b", "B", "", "ü", "a*[b]?\\", "'\"%_", "work"];

fn shared(value: usize) -> SharedStr {
    TEXTS[value % TEXTS.len()].into()
}

fn left(value: usize) -> Option<ConditionLeft> {
    [None, Some(ConditionLeft::Look), Some(ConditionLeft::Happen)][value % 3]
}

/// Missing once in a while.
fn maybe<T>(value: usize, some: impl FnOnce() -> T) -> Option<T> {
    (!value.is_multiple_of(3)).then(some)
}

fn some_texts(value: usize) -> Vec<SharedStr> {
    (0..value % 3).map(|index| shared(value + index)).collect()
}

fn time(value: usize) -> Timestamp {
    at((value % 40) as i64)
}

fn chosen<T>(items: impl Iterator<Item = T>, pick: usize) -> Option<T> {
    let mut items: Vec<T> = items.collect();
    (!items.is_empty()).then(|| items.swap_remove(pick % items.len()))
}

/// What happens in this step; nothing when there is nothing that it can happen to.
fn event(
    scene: &mut Scene<'_>,
    instance: ProcessInstanceKey,
    Step { act, pick, value }: Step,
) -> Option<Event> {
    let state: &InstanceState = scene.state(instance);
    let root = instance.root_scope();
    let element = chosen(state.elements(), pick).map(|element| element.key);
    let inner = chosen(state.elements().filter(|e| e.key != root && e.children() == 0), pick).map(|e| e.key);
    let scope = chosen(state.elements().filter(|e| e.key == root || &*e.element == "part"), pick)
        .map_or(root, |element| element.key);
    let job = chosen(state.jobs(), pick).map(|job| job.key);
    let timer = chosen(state.timers(), pick).map(|timer| timer.key);
    let task = chosen(state.user_tasks(), pick).map(|task| task.key);
    let incident = chosen(state.incidents(), pick).map(|incident| incident.key);
    let place = chosen(state.tokens(), pick).map(|(place, _)| place.clone());
    let variable = state.local_variable(scope, &shared(value)).map(|variable| variable.key);
    let subscription = chosen(state.subscriptions(), pick).cloned();
    let compensable = chosen(state.compensables(), pick).map(|row| row.key);
    let looping = chosen(state.loops(), pick).map(|row| row.element_instance);
    let (paused, suspended) = (state.instance()?.paused, state.instance()?.suspended);
    let (attempt, retries) = ((value % 4) as u32, (pick % 3) as u32);
    Some(match act {
        Act::Start | Act::Commit => return None,
        Act::Enter | Act::EnterPart => Event::ElementEntered {
            key: scene.key(),
            scope,
            element: if matches!(act, Act::Enter) { "part-work" } else { "part" }.into(),
            flow: None,
            state: if value.is_multiple_of(2) { ElementState::Active } else { ElementState::Activating },
            at: time(value),
            role: match value % 5 {
                0 => Some(Role::Loop),
                1 => Some(Role::Item { counter: 1 + value as u32 }),
                _ => None,
            },
        },
        Act::Activate => match value % 5 {
            0 => Event::ElementTerminating {
                key: element?,
                sequel: maybe(pick, || Sequel::Event {
                    element: shared(value),
                    variables: std::iter::once((shared(pick), types::Json::null())).collect(),
                }),
            },
            1 => Event::ScopeEmptying { key: element?, sequel: Sequel::Undo { by: inner? } },
            2 => Event::ScopeEmptying { key: element?, sequel: Sequel::Leave {} },
            3 => Event::EndPlanned { after: some_texts(pick) },
            _ => Event::ElementActivated { key: inner? },
        },
        Act::Leave => Event::ElementCompleted { key: inner?, at: time(value) },
        Act::Terminate => Event::ElementTerminated { key: inner?, at: time(value) },
        Act::Variable => Event::VariableSet {
            key: variable.unwrap_or_else(|| scene.key()),
            scope,
            name: shared(value),
            value: types::Json::string(TEXTS[pick % TEXTS.len()]),
        },
        Act::Job => Event::JobCreated {
            key: scene.key(),
            element_instance: inner?,
            job_type: shared(value),
            retries: 3,
            headers: vec![],
            kind: maybe(value, || match pick % 3 {
                0 => JobKind::EndListener,
                1 => JobKind::BeforeAllListener,
                _ => JobKind::CancelListener,
            }),
            priority: maybe(pick, || (value % 3) as i32),
        },
        Act::HoldJob => {
            Event::JobActivated { job: job?, attempt, worker: shared(value), deadline: time(value) }
        }
        Act::RunJob => Event::JobStarted { job: job?, attempt, worker: shared(value), deadline: time(value) },
        Act::FailJob => {
            Event::JobFailed { job: job?, retries, retry_at: time(value), message: shared(value) }
        }
        Act::PostponeJob => Event::JobPostponed { job: job?, retry_at: time(value) },
        Act::ParkJob => Event::JobParked { job: job?, deadline: time(value) },
        Act::ReleaseJob => Event::JobReleased { job: job? },
        Act::Checkpoint => Event::CheckpointSaved {
            job: job?,
            attempt,
            value: vec![value as u8; value % 5],
            writer_version: shared(value),
        },
        Act::CompleteJob => Event::JobCompleted { job: job? },
        Act::Timer => Event::TimerCreated {
            key: scene.key(),
            element_instance: inner?,
            element: "late".into(),
            due: time(value),
            fired: attempt,
            trigger: maybe(pick, || value as u16 % 3),
        },
        Act::FireTimer => Event::TimerTriggered { key: timer? },
        Act::UserTask => Event::UserTaskCreated {
            key: scene.key(),
            element_instance: inner?,
            assignee: maybe(value, || shared(value)),
            candidate_groups: some_texts(pick),
            candidate_users: some_texts(value),
            due_date: maybe(pick, || time(value)),
            follow_up_date: maybe(value, || time(pick)),
            priority: (value % 101) as u8,
            form_key: maybe(pick, || shared(value)),
            external_form_reference: None,
            form: None,
            at: time(value),
        },
        Act::AssignUserTask => {
            Event::UserTaskAssigned { key: task?, assignee: maybe(value, || shared(value)) }
        }
        Act::CompleteUserTask => Event::UserTaskCompleted { key: task?, at: time(value) },
        Act::Incident => Event::IncidentCreated {
            key: scene.key(),
            element_instance: element?,
            job,
            kind: IncidentKind::ALL[value % IncidentKind::ALL.len()],
            message: shared(value),
            at: time(value),
        },
        Act::ResolveIncident => Event::IncidentResolved { key: incident?, at: time(value) },
        Act::Subscribe => Event::SubscriptionOpened {
            key: scene.key(),
            element_instance: inner?,
            element: "late".into(),
            trigger: value as u16 % 3,
            awaited: match value % 3 {
                0 => Awaited::Message { name: shared(value), correlation_key: shared(pick) },
                1 => Awaited::Signal { name: shared(value) },
                _ => Awaited::Condition { held: pick.is_multiple_of(2), left: left(pick / 2) },
            },
        },
        Act::SeeCondition => match subscription? {
            row if matches!(row.awaited, Awaited::Condition { .. }) => {
                Event::ConditionSeen { key: row.key, holds: value.is_multiple_of(2), left: left(value / 2) }
            }
            _ => return None,
        },
        Act::Unsubscribe => Event::SubscriptionClosed { key: subscription?.key },
        Act::StartLoop => Event::LoopStarted {
            key: inner?,
            total: maybe(value, || value as u32 % 9),
            items: maybe(pick, || types::Json::from_trusted("[1, 2]")),
        },
        Act::KeepResult => Event::LoopResultKept {
            key: looping?,
            counter: 1 + value as u32 % 4,
            value: types::Json::string(TEXTS[pick % TEXTS.len()]),
        },
        Act::KeepCompensation => Event::CompensationKept {
            key: scene.key(),
            scope,
            activity: shared(value),
            variables: maybe(pick, || types::Variables::parse("{\"a\": 1.10}").unwrap()),
        },
        Act::Compensate => {
            let key = compensable?;
            // A handler has to do with one activity.
            let handler = maybe(value, || ElementInstanceKey(key.0));
            Event::CompensationStarted { key, undone_by: root, handler }
        }
        Act::EndCompensation => Event::CompensationEnded { key: compensable? },
        Act::Listener => Event::ListenerCompleted { key: element? },
        Act::Call => Event::ProcessCalled { key: inner?, instance },
        Act::ChangeTask => Event::UserTaskChangePending {
            key: task?,
            change: TaskChange {
                kind: TaskChangeKind::Assign,
                listeners_done: value as u16 % 3,
                properties: TaskCorrections { assignee: maybe(value, || shared(pick)), ..Default::default() },
                variables: None,
                is_local: value.is_multiple_of(2).then_some(true),
            },
        },
        Act::DecideTask => Event::UserTaskChangeDecided {
            key: task?,
            corrections: maybe(value, TaskCorrections::default),
            denied_reason: None,
        },
        Act::Suspend | Act::Unsuspend if suspended == matches!(act, Act::Suspend) => return None,
        Act::Suspend => Event::Suspended {},
        Act::Unsuspend => Event::Unsuspended {},
        Act::Park => Event::TokenParked { scope, flow: shared(value) },
        Act::TakeToken => {
            let place = place?;
            Event::TokenTaken { scope: place.scope, flow: place.flow }
        }
        Act::Pause | Act::Resume if paused == matches!(act, Act::Pause) => return None,
        Act::Pause => Event::Paused {},
        Act::Resume => Event::Resumed {},
        Act::End if state_is_busy(scene.state(instance), root) => return None,
        Act::End if value.is_multiple_of(2) => Event::InstanceCompleted { at: time(value) },
        Act::End => Event::InstanceTerminated { at: time(value) },
    })
}

fn state_is_busy(state: &InstanceState, root: ElementInstanceKey) -> bool {
    state.elements().any(|element| element.key != root) || state.tokens().next().is_some()
}

/// Searches for each kind of entity.
#[derive(Clone, Debug)]
struct Searches {
    process_instances: Vec<Search<ProcessInstanceField>>,
    process_definitions: Vec<Search<ProcessDefinitionField>>,
    user_tasks: Vec<Search<UserTaskField>>,
    incidents: Vec<Search<IncidentField>>,
    jobs: Vec<Search<JobField>>,
    variables: Vec<Search<VariableField>>,
}

fn operands() -> impl Strategy<Value = Operand> {
    let texts = TEXTS.into_iter().chain([
        "\"a\"",
        "ACTIVE",
        "COMPLETED",
        "CREATED",
        "FAILED",
        "RESOLVED",
        "IO_MAPPING_ERROR",
        "order",
        "part-work",
        "<default>",
        "others",
        "v2",
        "Order 2",
    ]);
    let texts: Vec<Operand> = texts.map(|text| Operand::Text(text.to_owned())).collect();
    prop_oneof![
        4 => select(texts),
        2 => (0..41_i64).prop_map(Operand::Integer),
        2 => (1..80_u64).prop_map(|counter| Operand::Integer(Key::new(PartitionId::FIRST, counter).get())),
    ]
}

fn operators() -> impl Strategy<Value = Operator> {
    const PATTERNS: &[&str] = &["*", "?", "a*", "*a*", r"a\*[*", "[*", "*_*", "*RE*", "'*", ""];
    prop_oneof![
        operands().prop_map(Operator::Eq),
        operands().prop_map(Operator::Neq),
        operands().prop_map(Operator::Gt),
        operands().prop_map(Operator::Gte),
        operands().prop_map(Operator::Lt),
        operands().prop_map(Operator::Lte),
        any::<bool>().prop_map(Operator::Exists),
        vec(operands(), 0..4).prop_map(Operator::In),
        vec(operands(), 0..4).prop_map(Operator::NotIn),
        select(PATTERNS).prop_map(|pattern| Operator::Like(pattern.to_owned())),
    ]
}

fn searches<F: Entity>(fields: &'static [F]) -> impl Strategy<Value = Vec<Search<F>>> {
    let field = (select(fields), operators()).prop_map(|(field, operator)| Condition::Field(field, operator));
    let condition =
        field.prop_recursive(2, 6, 3, |inner| vec(vec(inner, 0..3), 0..3).prop_map(Condition::Any));
    let order = select(&[Order::Ascending, Order::Descending][..]);
    let start = (0..4_u64).prop_map(PageStart::From);
    let search = (vec(condition, 0..3), vec((select(fields), order), 0..4), start, 0..6_u32).prop_map(
        |(conditions, sort, start, limit)| Search { conditions, sort, page: PageRequest { start, limit } },
    );
    vec(search, 1..SEARCHES_MAX)
}

fn all_searches() -> impl Strategy<Value = Searches> {
    use {
        IncidentField as I, JobField as J, ProcessDefinitionField as D, ProcessInstanceField as P,
        UserTaskField as U, VariableField as V,
    };
    let process_instances = searches(&[
        P::ProcessInstanceKey,
        P::ProcessDefinitionKey,
        P::ProcessDefinitionId,
        P::ProcessDefinitionName,
        P::ProcessDefinitionVersion,
        P::ProcessDefinitionVersionTag,
        P::State,
        P::HasIncident,
        P::StartDate,
        P::EndDate,
        P::TenantId,
        P::BusinessId,
        P::Tag,
    ]);
    let process_definitions = searches(&[
        D::ProcessDefinitionKey,
        D::ProcessDefinitionId,
        D::Name,
        D::Version,
        D::VersionTag,
        D::ResourceName,
        D::TenantId,
        D::IsLatestVersion,
    ]);
    let user_tasks = searches(&[
        U::UserTaskKey,
        U::ElementId,
        U::ElementInstanceKey,
        U::ProcessInstanceKey,
        U::ProcessDefinitionKey,
        U::ProcessDefinitionId,
        U::State,
        U::Assignee,
        U::CandidateGroup,
        U::CandidateUser,
        U::Priority,
        U::CreationDate,
        U::CompletionDate,
        U::DueDate,
        U::FollowUpDate,
        U::TenantId,
    ]);
    let incidents = searches(&[
        I::IncidentKey,
        I::ProcessInstanceKey,
        I::ProcessDefinitionKey,
        I::ProcessDefinitionId,
        I::ElementId,
        I::ElementInstanceKey,
        I::JobKey,
        I::ErrorType,
        I::ErrorMessage,
        I::State,
        I::CreationTime,
        I::TenantId,
    ]);
    let jobs = searches(&[
        J::JobKey,
        J::Type,
        J::State,
        J::Worker,
        J::Retries,
        J::Deadline,
        J::ElementId,
        J::ElementInstanceKey,
        J::ProcessInstanceKey,
        J::ProcessDefinitionKey,
        J::ProcessDefinitionId,
        J::TenantId,
    ]);
    let variables =
        searches(&[V::VariableKey, V::Name, V::Value, V::ScopeKey, V::ProcessInstanceKey, V::TenantId]);
    (process_instances, process_definitions, user_tasks, incidents, jobs, variables).prop_map(
        |(process_instances, process_definitions, user_tasks, incidents, jobs, variables)| Searches {
            process_instances,
            process_definitions,
            user_tasks,
            incidents,
            jobs,
            variables,
        },
    )
}

/// What the searches of a run have found, to show that they were not all empty.
#[derive(Debug, Default)]
struct Found {
    items: Cell<usize>,
    excluding: Cell<usize>,
    later_pages: Cell<usize>,
}

fn count(counter: &Cell<usize>, more: usize) {
    counter.set(counter.get() + more);
}

/// Carries out each search on both stores, then asks for the pages after and before.
async fn compare_searches<F: Entity>(stores: [&dyn Store; 2], searches: &[Search<F>], found: &Found) {
    for search in searches {
        let page = same_page(stores, search).await;
        count(&found.items, page.items.len());
        count(&found.excluding, usize::from(page.total_items == 0));
        for start in [page.end_cursor.map(PageStart::After), page.start_cursor.map(PageStart::Before)] {
            let Some(start) = start else { continue };
            let page = PageRequest { start, limit: search.page.limit };
            let page = same_page(stores, &Search { page, ..search.clone() }).await;
            count(&found.later_pages, page.items.len());
        }
    }
}

async fn same_page<F: Entity>(
    [memory, sql]: [&dyn Store; 2],
    search: &Search<F>,
) -> fermata_store::search::Page<F::Record> {
    let expected = F::search(memory, search).await.unwrap();
    let page = F::search(sql, search).await.unwrap();
    assert_eq!(page, expected, "{search:?}");
    page
}

async fn compare_due([memory, sql]: [&dyn Store; 2]) {
    let partition = PartitionId::FIRST;
    let place = |priority| JobPlace { priority, job: JobKey(Key::new(partition, 30)) };
    let tenants = [tenant(), TenantId::new("others")];
    for now in [0, 1, 10, 20, 40].map(at) {
        for limit in [1, 3, 100] {
            assert_eq!(
                sql.due_timers(partition, now, limit).await.unwrap(),
                memory.due_timers(partition, now, limit).await.unwrap()
            );
            assert_eq!(
                sql.timed_out_jobs(partition, now, limit).await.unwrap(),
                memory.timed_out_jobs(partition, now, limit).await.unwrap()
            );
            for job_type in TEXTS {
                for after in [None, Some(place(0)), Some(place(1))] {
                    assert_eq!(
                        sql.activatable_jobs(partition, job_type, &tenants, now, after, limit).await.unwrap(),
                        memory
                            .activatable_jobs(partition, job_type, &tenants, now, after, limit)
                            .await
                            .unwrap()
                    );
                }
            }
        }
        let due = memory.next_due(partition, now).await.unwrap();
        assert_eq!(sql.next_due(partition, now).await.unwrap(), due);
    }
    assert_eq!(sql.running_jobs(partition).await.unwrap(), memory.running_jobs(partition).await.unwrap());
    let paused = memory.paused_instances(partition).await.unwrap();
    assert_eq!(sql.paused_instances(partition).await.unwrap(), paused);
}

/// Where new stores come from.
pub(crate) trait Stores {
    /// Does something with an empty store.
    async fn with(&self, test: impl AsyncFnOnce(&dyn Store));
}

struct SqliteStores;

impl Stores for SqliteStores {
    async fn with(&self, test: impl AsyncFnOnce(&dyn Store)) {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::folder::open(folder.path()).await;
        test(&store).await;
    }
}

async fn run(steps: &[Step], searches: &Searches, found: &Found, sql: &dyn Store) {
    let memory = MemoryStore::new();
    let stores: [&dyn Store; 2] = [&memory, sql];
    let mut scene = Scene::on_both(&memory, sql);
    let mut definitions = Vec::new();
    for (tenant, version) in [(tenant(), 1), (TenantId::new("others"), 2), (tenant(), 2)] {
        definitions.push(scene.deploy(&tenant, version).await);
    }
    let mut instances = Vec::new();
    for step in steps {
        match step.act {
            Act::Commit => scene.commit().await,
            Act::Start => {
                let tags = some_texts(step.value);
                let tags: Vec<&str> = tags.iter().map(SharedStr::as_str).collect();
                let id = maybe(step.value, || TEXTS[step.value % TEXTS.len()]);
                let definition = definitions[step.pick % definitions.len()];
                instances.push(scene.start_with(definition, (step.value % 40) as i64, id, &tags));
            }
            _ => {
                let active = instances.iter().copied().filter(|key| scene.state(*key).is_active());
                let Some(instance) = chosen(active, step.pick) else { continue };
                if let Some(event) = event(&mut scene, instance, *step) {
                    scene.emit(instance, event);
                }
            }
        }
    }
    scene.commit().await;
    scene.compare_all().await;
    compare_due(stores).await;
    compare_searches(stores, &searches.process_instances, found).await;
    compare_searches(stores, &searches.process_definitions, found).await;
    compare_searches(stores, &searches.user_tasks, found).await;
    compare_searches(stores, &searches.incidents, found).await;
    compare_searches(stores, &searches.jobs, found).await;
    compare_searches(stores, &searches.variables, found).await;
}

#[test]
fn sql_agrees_with_memory() {
    sql_agrees_with_memory_on(&SqliteStores);
}

pub(crate) fn sql_agrees_with_memory_on(stores: &impl Stores) {
    let seed = match std::env::var("PROPTEST_RNG_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(()),
    };
    println!("PROPTEST_RNG_SEED={seed}");
    let mut runner = TestRunner::new(ProptestConfig {
        cases: CASES,
        max_shrink_iters: SHRINKING_MAX,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..ProptestConfig::default()
    });
    // Starts are more likely than the rest, so that there is something for the rest to happen to.
    let acts = prop_oneof![1 => Just(Act::Start), 9 => select(&ACTS[..])];
    let step =
        (acts, 0..1_000_usize, 0..1_000_usize).prop_map(|(act, pick, value)| Step { act, pick, value });
    let found = Found::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runner.run(&(vec(step, 1..STEPS_MAX), all_searches()), |(steps, searches)| {
        runtime.block_on(stores.with(async |sql| run(&steps, &searches, &found, sql).await));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}\nPROPTEST_RNG_SEED={seed}");
    }
    println!("{found:?}");
    for counter in [&found.items, &found.excluding, &found.later_pages] {
        assert!(counter.get() > 100, "{found:?}");
    }
}
