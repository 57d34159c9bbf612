//! Processes that start when a condition holds.

use serde_json::{Value, json};

use crate::support::{Host, text};

const PATH: &str = "/v2/conditionals/evaluation";

async fn host() -> Host {
    let host = Host::start().await;
    host.deploy(&["conditions.bpmn"]).await.json(200);
    host
}

async fn definition(host: &Host, process: &str) -> String {
    let search = json!({"filter": {"processDefinitionId": process, "isLatestVersion": true}});
    text(&host.post("/v2/process-definitions/search", search).await.items()[0]["processDefinitionKey"])
}

/// The instances that an evaluation has started, as process and variables.
async fn evaluate(host: &Host, body: Value) -> Vec<(String, String)> {
    let answer = host.post(PATH, body).await.json(200);
    assert_eq!(answer["tenantId"], "<default>");
    assert!(answer["conditionalEvaluationKey"].is_string(), "{answer}");
    let mut started = Vec::new();
    for instance in answer["processInstances"].as_array().unwrap() {
        let key = text(&instance["processInstanceKey"]);
        let found = host.get(&format!("/v2/process-instances/{key}")).await.json(200);
        assert_eq!(found["processDefinitionKey"], instance["processDefinitionKey"]);
        let filter = json!({"filter": {"processInstanceKey": key}});
        let variables = host.post("/v2/variables/search", filter).await.items();
        let pairs =
            variables.iter().map(|found| format!("{}={}", text(&found["name"]), text(&found["value"])));
        let told = format!("{} {}", text(&found["state"]), pairs.collect::<Vec<_>>().join(" "));
        started.push((text(&found["processDefinitionId"]), told));
    }
    started
}

fn told(started: &[(&str, &str)]) -> Vec<(String, String)> {
    started.iter().map(|(process, state)| ((*process).to_owned(), (*state).to_owned())).collect()
}

#[tokio::test]
async fn each_event_whose_condition_holds_starts_an_instance_with_the_variables() {
    let host = host().await;
    assert_eq!(
        evaluate(&host, json!({"variables": {"stock": 3}})).await,
        told(&[("reorder", "ACTIVE stock=3")])
    );
    assert_eq!(
        evaluate(&host, json!({"variables": {"stock": 0, "temperature": 9}, "tenantId": "<default>"})).await,
        told(&[
            ("cool", "COMPLETED stock=0 temperature=9"),
            ("reorder", "ACTIVE stock=0 temperature=9"),
            ("reorder", "COMPLETED stock=0 temperature=9"),
        ])
    );
    // What cannot be evaluated does not hold.
    for variables in [json!({}), json!({"stock": "few"}), json!({"stock": null}), json!({"stock": 10})] {
        assert_eq!(evaluate(&host, json!({"variables": variables})).await, []);
    }
    let reorder = definition(&host, "reorder").await;
    assert_eq!(
        evaluate(
            &host,
            json!({"variables": {"stock": 5, "temperature": 9}, "processDefinitionKey": reorder})
        )
        .await,
        told(&[("reorder", "ACTIVE stock=5 temperature=9")])
    );
}

#[tokio::test]
async fn evaluations_that_make_no_sense_are_refused() {
    let host = host().await;
    let by_hand = definition(&host, "by-hand").await;
    let none = json!({"variables": {"stock": 3}, "processDefinitionKey": by_hand});
    host.post(PATH, none).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "processDefinitionKey: version 1 of the process `by-hand` has no conditional start event",
    );
    let unknown = json!({"variables": {}, "processDefinitionKey": "2251799813685999"});
    host.post(PATH, unknown).await.is_problem(
        404,
        "NOT_FOUND",
        "no process definition with key 2251799813685999 exists, or it has ended",
    );
    for body in [
        json!({}),
        json!({"variables": null}),
        json!({"variables": [1]}),
        json!({"variables": {}, "processDefinitionKey": "seven"}),
        json!({"variables": {}, "processDefinitionId": "reorder"}),
        json!({"variables": {}, "tenantId": "acme"}),
    ] {
        host.post(PATH, body).await.problem(400);
    }
}

#[tokio::test]
async fn a_held_version_is_not_started() {
    let host = host().await;
    let reorder = definition(&host, "reorder").await;
    let resource = format!("/fermata/v1/process-definitions/{reorder}");
    host.post(&format!("{resource}/suspension"), json!({})).await.is_done();
    let all = json!({"variables": {"stock": 3, "temperature": 9}});
    assert_eq!(evaluate(&host, all.clone()).await, told(&[("cool", "COMPLETED stock=3 temperature=9")]));
    let only = json!({"variables": {"stock": 3}, "processDefinitionKey": reorder});
    let problem = host.post(PATH, only).await.problem(409);
    assert_eq!(problem["title"], "INVALID_STATE");
    host.post(&format!("{resource}/resumption"), json!({})).await.is_done();
    assert_eq!(evaluate(&host, all).await.len(), 2);
}
