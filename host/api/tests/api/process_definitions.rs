//! Process definitions.

use serde_json::json;

use crate::support::Host;

#[tokio::test]
async fn a_definition_is_shown_whole() {
    let host = Host::start().await;
    let key = host.deploy_order().await;
    let expected = json!({
        "name": "Order",
        "resourceName": "order.bpmn",
        "version": 1,
        "versionTag": "spring",
        "processDefinitionId": "order",
        "tenantId": "<default>",
        "processDefinitionKey": key,
        "hasStartForm": false,
        "state": "ACTIVE",
        "isSuspended": false,
    });
    assert_eq!(host.get(&format!("/v2/process-definitions/{key}")).await.json(200), expected);
    assert_eq!(host.post("/v2/process-definitions/search", json!({})).await.items(), [expected]);
}

#[tokio::test]
async fn the_xml_is_what_was_deployed() {
    let host = Host::start().await;
    let key = host.deploy_order().await;
    let answer = host.get(&format!("/v2/process-definitions/{key}/xml")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    assert_eq!(answer.text(), include_str!("models/order.bpmn"));
}

#[tokio::test]
async fn an_unknown_definition_is_not_found() {
    let host = Host::start().await;
    for path in ["/v2/process-definitions/7", "/v2/process-definitions/7/xml"] {
        host.get(path).await.is_problem(404, "NOT_FOUND", "no process definition with key 7 exists");
    }
}
