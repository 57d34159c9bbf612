//! Variables.

use serde_json::{Value, json};

use crate::support::{Host, text};

async fn values(host: &Host, instance: &str) -> Value {
    let search = json!({"filter": {"processInstanceKey": instance}, "sort": [{"field": "name"}]});
    let items = host.post("/v2/variables/search?truncateValues=false", search).await.items();
    items
        .iter()
        .map(|item| (text(&item["name"]), item["value"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test]
async fn a_variable_is_shown_whole() {
    let host = Host::start().await;
    host.deploy_order().await;
    let instance = host.start_order(json!({"amount": {"eur": 12.5}})).await;
    let found = host.post("/v2/variables/search", json!({"filter": {"name": "amount"}})).await.items();
    let key = text(&found[0]["variableKey"]);
    let mut expected = json!({
        "name": "amount",
        "value": r#"{"eur":12.5}"#,
        "tenantId": "<default>",
        "variableKey": key,
        "scopeKey": instance,
        "processInstanceKey": instance,
        "rootProcessInstanceKey": instance,
    });
    assert_eq!(host.get(&format!("/v2/variables/{key}")).await.json(200), expected);
    expected["isTruncated"] = json!(false);
    assert_eq!(found, [expected]);
    host.get("/v2/variables/7").await.is_problem(404, "NOT_FOUND", "no variable with key 7 exists");
}

#[tokio::test]
async fn long_values_are_cut_off_unless_all_is_wanted() {
    let host = Host::start().await;
    host.deploy_order().await;
    let long = "ä".repeat(6_000);
    host.start_order(json!({"long": long})).await;
    let whole = json!(long).to_string();
    let cut = &host.post("/v2/variables/search", json!({})).await.items()[0];
    assert_eq!(cut["isTruncated"], true);
    let value = text(&cut["value"]);
    assert!(whole.starts_with(&value) && (8_190..=8_191).contains(&value.len()), "{}", value.len());
    let all = &host.post("/v2/variables/search?truncateValues=false", json!({})).await.items()[0];
    assert_eq!((&all["isTruncated"], &all["value"]), (&json!(false), &json!(whole)));
    let key = text(&cut["variableKey"]);
    assert_eq!(host.get(&format!("/v2/variables/{key}")).await.json(200)["value"], json!(whole));
}

#[tokio::test]
async fn variables_are_set_from_outside() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (instance, task) = host.order_to_approve(json!({"amount": 1})).await;
    let scope = text(&host.get(&format!("/v2/user-tasks/{task}")).await.json(200)["elementInstanceKey"]);
    let set = async |key: &str, body: Value| {
        host.put(&format!("/v2/element-instances/{key}/variables"), body).await.is_done();
    };

    set(&instance, json!({"variables": {"amount": 2}, "operationReference": 9})).await;
    assert_eq!(values(&host, &instance).await, json!({"amount": "2", "shown": "1"}));
    set(&scope, json!({"variables": {"amount": 3}, "local": false})).await;
    assert_eq!(values(&host, &instance).await, json!({"amount": "3", "shown": "1"}));
    set(&scope, json!({"variables": {"note": "x"}, "local": true})).await;
    let local = json!({"filter": {"scopeKey": scope, "name": "note"}});
    assert_eq!(host.post("/v2/variables/search", local).await.items().len(), 1);

    host.put("/v2/element-instances/7/variables", json!({"variables": {}})).await.is_problem(
        404,
        "NOT_FOUND",
        "no element instance with key 7 exists, or it has ended",
    );
}
