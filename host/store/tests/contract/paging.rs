//! Sorting and pages.

use engine::Event;
use fermata_store::search::{
    Condition, JobField, Operator, Order, PAGE_BYTES_MAX, PageStart, ProcessInstanceField as Field,
    SORT_TEXT_CHARS, TOTAL_ITEMS_COUNTED_MAX, VariableField,
};
use fermata_store::{Error, Store};
use types::ProcessDefinitionKey;

use crate::scene::{Scene, at, tenant};
use crate::searched::{Entity, keys, page, sorted, text};

const UP: Order = Order::Ascending;
const DOWN: Order = Order::Descending;
const BEGINNING: PageStart = PageStart::From(0);

/// Instances by start and business id: with ties, with missing values.
async fn instances(store: &dyn Store) -> (Scene<'_>, ProcessDefinitionKey, [i64; 6]) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&tenant(), 2).await;
    let all = [(20, Some("b")), (10, None), (20, Some("a")), (10, Some("b")), (20, None), (10, Some("b"))]
        .map(|(at, id)| scene.start_with(definition, at, id, &[]).get());
    scene.commit().await;
    (scene, definition, all)
}

/// The places in `all` of everything, sorted.
async fn order(store: &dyn Store, all: &[i64], sort: &[(Field, Order)]) -> Vec<usize> {
    let page = page(store, &sorted(sort, BEGINNING, 100)).await;
    keys::<Field>(&page).iter().map(|key| all.iter().position(|other| other == key).unwrap()).collect()
}

pub(crate) async fn missing_values_sort_first(store: &dyn Store) {
    let (_, _, all) = instances(store).await;
    assert_eq!(order(store, &all, &[(Field::BusinessId, UP)]).await, [1, 4, 2, 0, 3, 5]);
    assert_eq!(order(store, &all, &[(Field::BusinessId, DOWN)]).await, [5, 3, 0, 2, 4, 1]);
    // Several values count as missing.
    assert_eq!(order(store, &all, &[(Field::Tag, DOWN)]).await, [5, 4, 3, 2, 1, 0]);
}

pub(crate) async fn ties_are_decided_by_key(store: &dyn Store) {
    let (_, _, all) = instances(store).await;
    let (start, id, key) = (Field::StartDate, Field::BusinessId, Field::ProcessInstanceKey);
    for (sort, expected) in [
        (&[][..], [0, 1, 2, 3, 4, 5]),
        (&[(start, UP)], [1, 3, 5, 0, 2, 4]),
        (&[(start, DOWN)], [4, 2, 0, 5, 3, 1]),
        (&[(start, UP), (id, DOWN)], [5, 3, 1, 0, 2, 4]),
        (&[(start, DOWN), (id, UP)], [4, 2, 0, 1, 3, 5]),
        (&[(start, UP), (key, DOWN)], [5, 3, 1, 4, 2, 0]),
        (&[(key, DOWN), (start, UP)], [5, 4, 3, 2, 1, 0]),
        (&[(Field::State, DOWN)], [5, 4, 3, 2, 1, 0]),
        (&[(Field::HasIncident, UP)], [0, 1, 2, 3, 4, 5]),
    ] {
        assert_eq!(order(store, &all, sort).await, expected, "{sort:?}");
    }
}

pub(crate) async fn pages_follow_each_other_in_both_directions(store: &dyn Store) {
    let (mut scene, _, _) = instances(store).await;
    let instance = scene.start();
    scene.emit(instance, Event::InstanceCompleted { at: at(60) });
    scene.commit().await;
    let fields =
        [Field::StartDate, Field::EndDate, Field::BusinessId, Field::State, Field::ProcessInstanceKey];
    let mut sorts = vec![vec![]];
    for first in fields {
        for second in fields {
            for (one, other) in [(UP, UP), (UP, DOWN), (DOWN, UP), (DOWN, DOWN)] {
                sorts.push(vec![(first, one), (second, other)]);
            }
        }
    }
    for sort in sorts {
        for limit in [1, 2, 7] {
            walk(store, &sort, limit).await;
        }
    }
}

/// Goes through all pages to the end and back.
async fn walk(store: &dyn Store, sort: &[(Field, Order)], limit: u32) {
    let whole = page(store, &sorted(sort, BEGINNING, 100)).await;
    let expected = keys::<Field>(&whole);
    let (mut forward, mut start) = (Vec::new(), BEGINNING);
    let last = loop {
        let next = page(store, &sorted(sort, start.clone(), limit)).await;
        assert_eq!(next.total_items, expected.len() as u64);
        let from = page(store, &sorted(sort, PageStart::From(forward.len() as u64), limit)).await;
        assert_eq!(from.items, next.items, "{sort:?}");
        let Some(end) = next.end_cursor.clone() else {
            assert!(next.items.is_empty() && next.start_cursor.is_none());
            break start;
        };
        forward.extend(keys::<Field>(&next));
        assert!(forward.len() <= expected.len(), "{sort:?} forward by {limit} does not end");
        start = PageStart::After(end);
    };
    assert_eq!(forward, expected, "{sort:?} forward by {limit}");

    let PageStart::After(last) = last else { panic!("there are items") };
    let mut backward = vec![*expected.last().unwrap()];
    let mut start = last;
    loop {
        let previous = page(store, &sorted(sort, PageStart::Before(start), limit)).await;
        let Some(first) = previous.start_cursor.clone() else { break };
        backward.splice(0..0, keys::<Field>(&previous));
        assert!(backward.len() <= expected.len(), "{sort:?} backward by {limit} does not end");
        start = first;
    }
    assert_eq!(backward, expected, "{sort:?} backward by {limit}");
}

pub(crate) async fn an_item_with_several_fitting_values_is_one_item(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&tenant(), 2).await;
    let all = [["a", "b"], ["b", "c"]].map(|tags| scene.start_with(definition, 1, None, &tags).get());
    scene.commit().await;
    for from in 0..3 {
        let mut search = sorted::<Field>(&[], PageStart::From(from), 1);
        search.conditions = vec![Condition::Field(Field::Tag, Operator::Lte(text("z")))];
        let page = page(store, &search).await;
        let expected: Vec<i64> = all.iter().skip(from as usize).take(1).copied().collect();
        assert_eq!((keys::<Field>(&page), page.total_items), (expected, 2), "from {from}");
    }
}

pub(crate) async fn pages_survive_what_comes_and_goes(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let jobs = [(); 4].map(|()| scene.job(instance, "work"));
    scene.commit().await;
    let first = page::<JobField>(store, &sorted(&[], BEGINNING, 2)).await;
    assert_eq!(keys::<JobField>(&first), [jobs[0].get(), jobs[1].get()]);
    // What the cursor names goes; something comes at the end.
    scene.emit(instance, Event::JobCompleted { job: jobs[1] });
    let late = scene.job(instance, "work");
    scene.commit().await;
    let rest = page::<JobField>(store, &sorted(&[], PageStart::After(first.end_cursor.unwrap()), 9)).await;
    assert_eq!(keys::<JobField>(&rest), [jobs[2].get(), jobs[3].get(), late.get()]);
}

pub(crate) async fn long_texts_sort_by_their_beginning(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let beginning = "ü".repeat(SORT_TEXT_CHARS);
    let values = [format!("{beginning}b"), format!("{beginning}a"), "a".to_owned()];
    let mut all = Vec::new();
    for (index, value) in values.iter().enumerate() {
        all.push(scene.variable(instance, instance.root_scope(), &format!("v{index}"), value).get());
    }
    scene.commit().await;
    let sort = [(VariableField::Value, UP)];
    let mut start = BEGINNING;
    for expected in [all[2], all[0], all[1]] {
        let next = page(store, &sorted(&sort, start, 1)).await;
        assert_eq!(keys::<VariableField>(&next), [expected]);
        let cursor = next.end_cursor.unwrap();
        assert!(cursor.len() < 4 * SORT_TEXT_CHARS);
        start = PageStart::After(cursor);
    }
}

pub(crate) async fn long_values_end_a_page_early(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let value = "x".repeat(PAGE_BYTES_MAX / 3);
    let mut all = Vec::new();
    for name in ["a", "b", "c", "d"] {
        all.push(scene.variable(instance, instance.root_scope(), name, &value).get());
    }
    let huge = "x".repeat(PAGE_BYTES_MAX + 1);
    all.push(scene.variable(instance, instance.root_scope(), "e", &huge).get());
    scene.commit().await;
    let mut start = BEGINNING;
    for expected in [&all[..3], &all[3..4], &all[4..]] {
        let next = page(store, &sorted::<VariableField>(&[], start, 100)).await;
        assert_eq!(keys::<VariableField>(&next), expected);
        assert_eq!(next.total_items, 5);
        start = PageStart::After(next.end_cursor.unwrap());
    }
    let last = page(store, &sorted::<VariableField>(&[], PageStart::From(4), 1)).await;
    let before = PageStart::Before(last.start_cursor.unwrap());
    let before = page(store, &sorted::<VariableField>(&[], before, 100)).await;
    assert_eq!(keys::<VariableField>(&before), all[1..4]);
}

pub(crate) async fn counting_stops_at_its_limit(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    for index in 0..TOTAL_ITEMS_COUNTED_MAX {
        scene.variable(instance, instance.root_scope(), &format!("v{index}"), "0");
    }
    scene.commit().await;
    let none = page(store, &sorted::<VariableField>(&[], BEGINNING, 0)).await;
    assert_eq!((none.items.len(), none.total_items), (0, TOTAL_ITEMS_COUNTED_MAX));
    assert!(!none.has_more_total_items);
    scene.variable(instance, instance.root_scope(), "one more", "0");
    scene.commit().await;
    let most = page(store, &sorted::<VariableField>(&[], BEGINNING, u32::MAX)).await;
    assert_eq!(most.items.len(), 10_000);
    assert_eq!(most.total_items, TOTAL_ITEMS_COUNTED_MAX);
    assert!(most.has_more_total_items);
    let beyond = page(store, &sorted::<VariableField>(&[], PageStart::From(u64::MAX), 1)).await;
    assert!(beyond.items.is_empty());
}

pub(crate) async fn a_cursor_of_another_search_is_refused(store: &dyn Store) {
    let _ = instances(store).await;
    let by_start = page(store, &sorted(&[(Field::StartDate, UP)], BEGINNING, 1)).await.end_cursor.unwrap();
    for (sort, cursor) in [
        (&[(Field::StartDate, DOWN)][..], by_start.as_str()),
        (&[(Field::BusinessId, UP)], &by_start),
        (&[], &by_start),
        (&[(Field::StartDate, UP)], "no cursor"),
        (&[(Field::StartDate, UP)], ""),
    ] {
        for start in [PageStart::After(cursor.to_owned()), PageStart::Before(cursor.to_owned())] {
            let result = Field::search(store, &sorted(sort, start, 1)).await;
            assert!(matches!(result, Err(Error::InvalidCursor)), "{sort:?} {cursor}");
        }
    }
    let other_entity = sorted(&[], PageStart::After(by_start), 1);
    assert!(matches!(JobField::search(store, &other_entity).await, Err(Error::InvalidCursor)));
}
