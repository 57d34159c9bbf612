//! Every operator on every kind of field.

use engine::Event;
use fermata_store::search::{
    CONDITION_DEPTH_MAX, CONDITIONS_MAX, Condition, OPERANDS_MAX, Operand, Operator, Order,
    PATTERN_BYTES_MAX, ProcessInstanceField as Field, SORT_FIELDS_MAX, Search,
};
use fermata_store::{Error, Store};

use crate::scene::{Scene, at};
use crate::searched::{found, found_by, number, text};

/// Finds places of instances in `all` by one condition.
async fn places(store: &dyn Store, all: &[i64], field: Field, operator: Operator) -> Vec<usize> {
    let found = found_by(store, field, operator).await;
    found.iter().map(|key| all.iter().position(|other| other == key).unwrap()).collect()
}

pub(crate) async fn operators_on_numbers(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&crate::scene::tenant(), 2).await;
    let all = [10, 20, 30].map(|at| scene.start_with(definition, at, None, &[]).get());
    scene.commit().await;
    for (operator, expected) in [
        (Operator::Eq(number(20)), &[1][..]),
        (Operator::Neq(number(20)), &[0, 2]),
        (Operator::Gt(number(20)), &[2]),
        (Operator::Gte(number(20)), &[1, 2]),
        (Operator::Lt(number(20)), &[0]),
        (Operator::Lte(number(20)), &[0, 1]),
        (Operator::In(vec![number(30), number(10), number(99)]), &[0, 2]),
        (Operator::In(vec![]), &[]),
        (Operator::NotIn(vec![number(30), number(10)]), &[1]),
        (Operator::NotIn(vec![]), &[0, 1, 2]),
        (Operator::Exists(true), &[0, 1, 2]),
        (Operator::Exists(false), &[]),
        (Operator::Like("*".to_owned()), &[]),
    ] {
        let found = places(store, &all, Field::StartDate, operator.clone()).await;
        assert_eq!(found, expected, "{operator:?}");
    }
}

async fn instances_with_business_ids<const N: usize>(store: &dyn Store, ids: [Option<&str>; N]) -> [i64; N] {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&crate::scene::tenant(), 2).await;
    let all = ids.map(|id| scene.start_with(definition, 10, id, &[]).get());
    scene.commit().await;
    all
}

pub(crate) async fn operators_on_texts(store: &dyn Store) {
    let all = instances_with_business_ids(store, [Some("a"), Some("B"), Some("ü")]).await;
    for (operator, expected) in [
        (Operator::Eq(text("a")), &[0][..]),
        (Operator::Neq(text("a")), &[1, 2]),
        // Texts compare by their characters' numbers: capitals first, then small letters, then the rest.
        (Operator::Gt(text("a")), &[2]),
        (Operator::Gte(text("a")), &[0, 2]),
        (Operator::Lt(text("a")), &[1]),
        (Operator::Lte(text("a")), &[0, 1]),
        (Operator::In(vec![text("ü"), text("A")]), &[2]),
        (Operator::NotIn(vec![text("ü"), text("A")]), &[0, 1]),
        (Operator::Exists(true), &[0, 1, 2]),
        (Operator::Like("?".to_owned()), &[0, 1, 2]),
        (Operator::Like("b".to_owned()), &[]),
    ] {
        let found = places(store, &all, Field::BusinessId, operator.clone()).await;
        assert_eq!(found, expected, "{operator:?}");
    }
}

pub(crate) async fn operators_on_missing_values(store: &dyn Store) {
    let all = instances_with_business_ids(store, [None, Some("a"), None]).await;
    for (operator, expected) in [
        (Operator::Eq(text("a")), &[1][..]),
        (Operator::Neq(text("a")), &[0, 2]),
        (Operator::Neq(text("b")), &[0, 1, 2]),
        (Operator::Gte(text("")), &[1]),
        (Operator::Lte(text("z")), &[1]),
        (Operator::In(vec![text("a"), text("b")]), &[1]),
        (Operator::NotIn(vec![text("a")]), &[0, 2]),
        (Operator::NotIn(vec![]), &[0, 1, 2]),
        (Operator::Exists(true), &[1]),
        (Operator::Exists(false), &[0, 2]),
        (Operator::Like("*".to_owned()), &[1]),
    ] {
        let found = places(store, &all, Field::BusinessId, operator.clone()).await;
        assert_eq!(found, expected, "{operator:?}");
    }
}

pub(crate) async fn operators_on_names(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let [active, completed, terminated] = [(); 3].map(|()| scene.start());
    scene.emit(completed, Event::InstanceCompleted { at: at(50) });
    scene.emit(terminated, Event::InstanceTerminated { at: at(50) });
    scene.commit().await;
    let all = [active.get(), completed.get(), terminated.get()];
    for (operator, expected) in [
        (Operator::Eq(text("ACTIVE")), &[0][..]),
        (Operator::Eq(text("active")), &[]),
        (Operator::Neq(text("ACTIVE")), &[1, 2]),
        (Operator::Neq(text("NONE")), &[0, 1, 2]),
        (Operator::Gt(text("ACTIVE")), &[1, 2]),
        (Operator::In(vec![text("ACTIVE"), text("TERMINATED"), text("NONE")]), &[0, 2]),
        (Operator::In(vec![]), &[]),
        (Operator::NotIn(vec![text("ACTIVE"), text("NONE")]), &[1, 2]),
        (Operator::Exists(true), &[0, 1, 2]),
        (Operator::Exists(false), &[]),
        (Operator::Like("*ED".to_owned()), &[1, 2]),
    ] {
        let found = places(store, &all, Field::State, operator.clone()).await;
        assert_eq!(found, expected, "{operator:?}");
    }
}

pub(crate) async fn operators_on_several_values(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&crate::scene::tenant(), 2).await;
    let tags: [&[&str]; 4] = [&["a", "b"], &["b", "c"], &[], &["\"q\"", "ü"]];
    let all = tags.map(|tags| scene.start_with(definition, 10, None, tags).get());
    scene.commit().await;
    for (operator, expected) in [
        (Operator::Eq(text("b")), &[0, 1][..]),
        (Operator::Eq(text("\"q\"")), &[3]),
        (Operator::Neq(text("b")), &[2, 3]),
        (Operator::Gt(text("b")), &[1, 3]),
        (Operator::Lt(text("b")), &[0, 3]),
        (Operator::In(vec![text("a"), text("ü")]), &[0, 3]),
        (Operator::In(vec![]), &[]),
        (Operator::NotIn(vec![text("a"), text("ü")]), &[1, 2]),
        (Operator::NotIn(vec![]), &[0, 1, 2, 3]),
        (Operator::Exists(true), &[0, 1, 3]),
        (Operator::Exists(false), &[2]),
        (Operator::Like("?".to_owned()), &[0, 1, 3]),
        (Operator::Like("\"*".to_owned()), &[3]),
    ] {
        let found = places(store, &all, Field::Tag, operator.clone()).await;
        assert_eq!(found, expected, "{operator:?}");
    }
    let both = [text("a"), text("b")].map(|tag| Condition::Field(Field::Tag, Operator::Eq(tag)));
    assert_eq!(found(store, both.to_vec()).await, all[..1]);
}

pub(crate) async fn patterns_take_text_literally(store: &dyn Store) {
    let ids = ["100%", "1_0", "a*b", "a?b", "[ab]", "a", "x\\y", "'; --", "aaab"];
    let all = instances_with_business_ids(store, ids.map(Some)).await;
    for (pattern, expected) in [
        ("*", &[0, 1, 2, 3, 4, 5, 6, 7, 8][..]),
        ("1*", &[0, 1]),
        ("%", &[]),
        ("_", &[]),
        ("1_0", &[1]),
        (r"a\*b", &[2]),
        (r"a\?b", &[3]),
        ("a?b", &[2, 3]),
        ("a*b", &[2, 3, 8]),
        ("[ab]", &[4]),
        ("[*", &[4]),
        (r"x\\y", &[6]),
        ("'; --", &[7]),
        ("'*", &[7]),
        ("", &[]),
        ("*a*a*a*", &[8]),
    ] {
        let found = places(store, &all, Field::BusinessId, Operator::Like(pattern.to_owned())).await;
        assert_eq!(found, expected, "{pattern}");
    }
    let quoted = places(store, &all, Field::BusinessId, Operator::Eq(text("'; --"))).await;
    assert_eq!(quoted, [7]);
}

pub(crate) async fn operands_of_another_kind_match_nothing(store: &dyn Store) {
    let all = instances_with_business_ids(store, [Some("10"), None]).await;
    for (field, operand) in
        [(Field::BusinessId, number(10)), (Field::StartDate, text("10")), (Field::State, number(0))]
    {
        for operator in [
            Operator::Eq as fn(Operand) -> Operator,
            Operator::Gt,
            Operator::Gte,
            Operator::Lt,
            Operator::Lte,
            |operand| Operator::In(vec![operand]),
        ] {
            let operator = operator(operand.clone());
            assert_eq!(found_by(store, field, operator.clone()).await, [0_i64; 0], "{field:?} {operator:?}");
        }
        assert_eq!(found_by(store, field, Operator::Neq(operand.clone())).await, all);
        assert_eq!(found_by(store, field, Operator::NotIn(vec![operand])).await, all);
    }
}

pub(crate) async fn alternatives_hold_when_one_does(store: &dyn Store) {
    let all = instances_with_business_ids(store, [Some("a"), Some("b"), Some("c"), None]).await;
    let is = |id: &str| Condition::Field(Field::BusinessId, Operator::Eq(text(id)));
    let key = |index: usize| Condition::Field(Field::ProcessInstanceKey, Operator::Eq(number(all[index])));
    for (conditions, expected) in [
        (vec![Condition::Any(vec![vec![is("a")], vec![is("c")]])], &[0, 2][..]),
        (vec![Condition::Any(vec![vec![is("a"), key(1)], vec![is("b"), key(1)]])], &[1]),
        (vec![key(0), Condition::Any(vec![vec![is("b")], vec![is("c")]])], &[]),
        (vec![Condition::Any(vec![])], &[]),
        (vec![Condition::Any(vec![vec![]])], &[0, 1, 2, 3]),
        (vec![Condition::Any(vec![vec![Condition::Any(vec![vec![is("c")], vec![key(3)]])]])], &[2, 3]),
        (vec![], &[0, 1, 2, 3]),
    ] {
        let found = found(store, conditions.clone()).await;
        let expected: Vec<i64> = expected.iter().map(|index| all[*index]).collect();
        assert_eq!(found, expected, "{conditions:?}");
    }
}

pub(crate) async fn searches_past_a_limit_are_refused(store: &dyn Store) {
    let instance = instances_with_business_ids(store, [Some("x")]).await[0];
    let number_is = |count: usize| {
        let operands = (0..count as i64 - 1).map(number).chain([number(instance)]).collect();
        Condition::Field(Field::ProcessInstanceKey, Operator::In(operands))
    };
    let all = |count: usize| vec![Condition::Field(Field::BusinessId, Operator::Eq(text("x"))); count];
    let like = |bytes: usize| {
        // Brackets grow when they are escaped for SQLite.
        vec![Condition::Field(Field::BusinessId, Operator::Like("[".repeat(bytes)))]
    };
    let nested = |depth: usize| (0..depth).fold(vec![], |inner, _| vec![Condition::Any(vec![inner])]);
    let sorted = |count: usize| Search {
        sort: vec![(Field::BusinessId, Order::Ascending); count],
        ..Search::default()
    };
    let with = |conditions| Search { conditions, ..Search::default() };
    for (allowed, refused) in [
        (with(vec![number_is(OPERANDS_MAX)]), with(vec![number_is(OPERANDS_MAX + 1)])),
        (with(all(CONDITIONS_MAX)), with(all(CONDITIONS_MAX + 1))),
        (with(like(PATTERN_BYTES_MAX)), with(like(PATTERN_BYTES_MAX + 1))),
        (with(nested(CONDITION_DEPTH_MAX)), with(nested(CONDITION_DEPTH_MAX + 1))),
        (sorted(SORT_FIELDS_MAX), sorted(SORT_FIELDS_MAX + 1)),
    ] {
        store.search_process_instances(&allowed).await.unwrap();
        let error = store.search_process_instances(&refused).await.unwrap_err();
        assert!(matches!(error, Error::SearchTooLarge { .. }), "{error:?}");
    }
}
