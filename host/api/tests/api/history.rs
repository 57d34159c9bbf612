//! The history of an instance.

use serde_json::{Value, json};

use crate::support::{Host, START, text};

fn types(entries: &[Value]) -> Vec<String> {
    let events = entries.iter().flat_map(|entry| entry["events"].as_array().unwrap());
    events.map(|event| text(&event["type"])).collect()
}

#[tokio::test]
async fn history_tells_what_happened_in_order() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (instance, _) = host.order_to_approve(json!({"amount": 12})).await;
    let history = host.get(&format!("/fermata/v1/process-instances/{instance}/history")).await.json(200);
    assert_eq!(history["next"], Value::Null);
    let entries = history["items"].as_array().unwrap();
    for entry in entries {
        assert_eq!((&entry["at"], &entry["actor"]), (&json!(START), &json!("anonymous")));
        assert!(entry["position"].is_i64());
    }
    let types = types(entries);
    let in_order = [
        "INSTANCE_CREATED",
        "VARIABLE_SET",
        "JOB_CREATED",
        "JOB_ACTIVATED",
        "JOB_COMPLETED",
        "USER_TASK_CREATED",
    ];
    let mut rest = types.iter();
    for expected in in_order {
        assert!(rest.any(|found| found == expected), "{expected} is missing in {types:?}");
    }
    let all: Vec<&Value> = entries.iter().flat_map(|entry| entry["events"].as_array().unwrap()).collect();
    let event = |kind: &str| *all.iter().find(|event| event["type"] == kind).unwrap();
    let created = event("INSTANCE_CREATED");
    assert_eq!(created["processInstanceKey"], instance);
    assert_eq!(created["at"], START);
    let set = event("VARIABLE_SET");
    assert_eq!(
        (&set["name"], &set["value"], &set["scopeKey"]),
        (&json!("amount"), &json!(12), &json!(instance))
    );
    assert_eq!(event("JOB_ACTIVATED")["worker"], "ann");
    assert_eq!(event("USER_TASK_CREATED")["dueDate"], "2026-02-01T00:00:00.000Z");
}

#[tokio::test]
async fn history_comes_in_pages() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (instance, _) = host.order_to_approve(json!({})).await;
    let path = format!("/fermata/v1/process-instances/{instance}/history");
    let whole = host.get(&path).await.items();
    let (mut paged, mut after) = (Vec::new(), String::new());
    for _ in 0..whole.len() {
        let page = host.get(&format!("{path}?limit=1{after}")).await.json(200);
        paged.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_i64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert!(after.len() > "&after=".len(), "there is more than one page");
    assert_eq!(paged, whole);
}

#[tokio::test]
async fn a_page_of_large_rows_ends_early_but_never_before_its_first() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (instance, _) = host.order_to_approve(json!({})).await;
    for bytes in [3 << 20, 2 << 20, types::VARIABLES_BYTES_MAX - 100] {
        let variables = json!({"variables": {"large": "x".repeat(bytes)}});
        host.put(&format!("/v2/element-instances/{instance}/variables"), variables).await.is_done();
    }
    let path = format!("/fermata/v1/process-instances/{instance}/history");
    let (mut sizes, mut after) = (Vec::new(), String::new());
    loop {
        let page = host.get(&format!("{path}?limit=100{after}")).await;
        sizes.push(page.body.len());
        let page = page.json(200);
        assert!(!page["items"].as_array().unwrap().is_empty());
        match page["next"].as_i64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(sizes.len(), 3, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size < 5 << 20), "{sizes:?}");
}

#[tokio::test]
async fn history_of_nothing_is_not_found() {
    let host = Host::start().await;
    let path = "/fermata/v1/process-instances/7/history";
    host.get(path).await.is_problem(404, "NOT_FOUND", "no process instance with key 7 exists");
    host.get(&format!("{path}?limit=0")).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "limit: 0 is not between 1 and 1000",
    );
    host.get(&format!("{path}?after=x")).await.problem(400);
}
