//! Messages and signals, and what waits for them.

use serde_json::{Value, json};

use crate::support::{Host, START, text};

async fn host() -> Host {
    let host = Host::start().await;
    host.deploy(&["events.bpmn", "dish.dmn"]).await.json(200);
    host
}

async fn start(host: &Host, invoice: &str) -> String {
    let body = json!({"processDefinitionId": "waiting", "variables": {"invoice": invoice}});
    text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"])
}

async fn state(host: &Host, instance: &str) -> Value {
    host.get(&format!("/v2/process-instances/{instance}")).await.json(200)["state"].clone()
}

/// The elements that are active in an instance.
async fn active(host: &Host, instance: &str) -> Vec<Value> {
    let filter = json!({"filter": {"processInstanceKey": instance}});
    host.post("/v2/element-instances/search", filter).await.items()
}

#[tokio::test]
async fn a_message_goes_to_whoever_waits_with_its_key() {
    let host = host().await;
    let (first, second) = (start(&host, "A").await, start(&host, "B").await);
    let found = host
        .post("/v2/message-subscriptions/search", json!({"filter": {"correlationKey": "B"}}))
        .await
        .items();
    assert_eq!(
        found,
        [json!({
            "messageSubscriptionKey": found[0]["messageSubscriptionKey"],
            "processDefinitionId": "waiting",
            "processDefinitionKey": found[0]["processDefinitionKey"],
            "processInstanceKey": second,
            "rootProcessInstanceKey": second,
            "elementId": "paid",
            "elementInstanceKey": found[0]["elementInstanceKey"],
            "messageSubscriptionState": "CREATED",
            "lastUpdatedDate": START,
            "messageName": "payment",
            "correlationKey": "B",
            "tenantId": "<default>",
        })]
    );
    let elements = active(&host, &second).await;
    assert_eq!(
        elements,
        [json!({
            "processDefinitionId": "waiting",
            "startDate": START,
            "endDate": null,
            "elementId": "paid",
            "elementName": "Paid",
            "type": "INTERMEDIATE_CATCH_EVENT",
            "state": "ACTIVE",
            "hasIncident": false,
            "tenantId": "<default>",
            "elementInstanceKey": found[0]["elementInstanceKey"],
            "processInstanceKey": second,
            "rootProcessInstanceKey": second,
            "processDefinitionKey": found[0]["processDefinitionKey"],
            "incidentKey": null,
        })]
    );
    let key = text(&elements[0]["elementInstanceKey"]);
    assert_eq!(host.get(&format!("/v2/element-instances/{key}")).await.json(200), elements[0]);

    let message = json!({"name": "payment", "correlationKey": "B", "variables": {"sum": 7}});
    let correlated = host.post("/v2/messages/correlation", message.clone()).await.json(200);
    assert_eq!(
        correlated,
        json!({"tenantId": "<default>", "messageKey": correlated["messageKey"], "processInstanceKey": second})
    );
    assert_eq!(active(&host, &second).await[0]["elementId"], "opened");
    assert_eq!(active(&host, &first).await[0]["elementId"], "paid");
    let problem = host.post("/v2/messages/correlation", message).await.problem(404);
    assert_eq!(problem["title"], "NOT_FOUND");

    let published =
        json!({"name": "payment", "correlationKey": "A", "timeToLive": 0, "tenantId": "<default>"});
    let published = host.post("/v2/messages/publication", published).await.json(200);
    assert_eq!(published, json!({"tenantId": "<default>", "messageKey": published["messageKey"]}));
    assert_eq!(active(&host, &first).await[0]["elementId"], "opened");

    let signal = json!({"signalName": "opening", "variables": {"at": 9}});
    let broadcast = host.post("/v2/signals/broadcast", signal).await.json(200);
    assert_eq!(broadcast, json!({"tenantId": "<default>", "signalKey": broadcast["signalKey"]}));
    // Whoever comes after the signal in the same inbox sees what it has done.
    for instance in [&first, &second] {
        let cancelled = host.post(&format!("/v2/process-instances/{instance}/cancellation"), json!({})).await;
        cancelled.problem(404);
        assert_eq!(state(&host, instance).await, "COMPLETED");
    }
}

#[tokio::test]
async fn messages_that_were_taken_are_found() {
    let host = host().await;
    let search =
        async |query: Value| host.post("/v2/correlated-message-subscriptions/search", query).await.items();
    let instance = start(&host, "A").await;
    let waits = host.post("/v2/message-subscriptions/search", json!({})).await.items();
    assert!(search(json!({})).await.is_empty(), "nothing was taken yet");
    let message = json!({"name": "payment", "correlationKey": "A"});
    let correlated = host.post("/v2/messages/correlation", message).await.json(200);
    let taken = json!({
        "correlationKey": "A",
        "correlationTime": START,
        "elementId": "paid",
        "elementInstanceKey": waits[0]["elementInstanceKey"],
        "messageKey": correlated["messageKey"],
        "messageName": "payment",
        "partitionId": 1,
        "processDefinitionId": "waiting",
        "processDefinitionKey": waits[0]["processDefinitionKey"],
        "processInstanceKey": instance,
        "rootProcessInstanceKey": instance,
        "subscriptionKey": waits[0]["messageSubscriptionKey"],
        "tenantId": "<default>",
    });
    assert_eq!(search(json!({})).await, std::slice::from_ref(&taken));
    // It is told when nobody waits any longer, and when the instance has ended.
    host.post("/v2/signals/broadcast", json!({"signalName": "opening"})).await.json(200);
    host.post(&format!("/v2/process-instances/{instance}/cancellation"), json!({})).await.problem(404);
    let by_message = json!({"filter": {"messageKey": correlated["messageKey"], "partitionId": {"$lte": 1}}});
    assert_eq!(search(by_message).await, [taken]);
    assert!(search(json!({"filter": {"correlationKey": {"$neq": "A"}}})).await.is_empty());

    host.post("/v2/messages/publication", json!({"name": "order", "correlationKey": "Z"})).await.json(200);
    let newest = json!({"sort": [{"field": "messageKey", "order": "DESC"}], "page": {"limit": 1}});
    let started = search(newest).await;
    assert_eq!(started[0]["elementId"], "ordered");
    assert_eq!(
        started[0]["elementInstanceKey"],
        Value::Null,
        "a start event is no element instance that waits"
    );
    assert_eq!(started[0]["subscriptionKey"], started[0]["processDefinitionKey"]);
}

#[tokio::test]
async fn a_kept_message_waits_for_its_receiver_and_is_kept_once() {
    let host = host().await;
    let message = json!({"name": "payment", "correlationKey": "C", "timeToLive": 60_000, "messageId": "m-1"});
    host.post("/v2/messages/publication", message.clone()).await.json(200);
    let problem = host.post("/v2/messages/publication", message).await.problem(409);
    assert_eq!(problem["title"], "ALREADY_EXISTS");
    let instance = start(&host, "C").await;
    // The mailbox hands it over after the start: a correlation that finds nobody comes after that.
    let nobody = json!({"name": "payment", "correlationKey": "C"});
    host.post("/v2/messages/correlation", nobody).await.problem(404);
    assert_eq!(active(&host, &instance).await[0]["elementId"], "opened");
}

#[tokio::test]
async fn messages_that_make_no_sense_are_refused() {
    let host = Host::start().await;
    let long = "x".repeat(4_097);
    for (path, body, detail) in [
        ("messages/publication", json!({"name": ""}), "name: expected the message's name, found nothing"),
        (
            "messages/publication",
            json!({"name": "a", "timeToLive": -1}),
            "timeToLive: -1 milliseconds is less than 0",
        ),
        (
            "messages/publication",
            json!({"name": "a", "messageId": long}),
            "messageId: at most 4096 bytes are allowed",
        ),
        (
            "messages/correlation",
            json!({"name": "a", "correlationKey": long}),
            "correlationKey: at most 4096 bytes are allowed",
        ),
        ("signals/broadcast", json!({"signalName": ""}), "signalName: expected 1 to 4096 bytes"),
    ] {
        host.post(&format!("/v2/{path}"), body).await.is_problem(400, "INVALID_ARGUMENT", detail);
    }
    let stranger = json!({"name": "a", "tenantId": "acme"});
    host.post("/v2/messages/publication", stranger).await.problem(400);
}
