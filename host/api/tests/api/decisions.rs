//! Decisions: deployment, searches, and what they come to.

use std::sync::Arc;

use axum::http::Method;
use runtime::Config;
use serde_json::{Value, json};

use crate::support::{Answer, Host, START, multipart, text};

const EVALUATION: &str = "/v2/decision-definitions/evaluation";

#[tokio::test]
async fn a_file_with_decisions_is_deployed_and_found() {
    let host = Host::start().await;
    let deployed = host.deploy(&["dish.dmn"]).await.json(200);
    let deployments = deployed["deployments"].as_array().unwrap();
    assert_eq!(deployments.len(), 3, "{deployed}");
    let dish = &deployments[0]["decisionDefinition"];
    let file = &deployments[2]["decisionRequirements"];
    assert_eq!(
        *dish,
        json!({
            "decisionDefinitionId": "dish",
            "version": 1,
            "name": "Dish",
            "tenantId": "<default>",
            "decisionRequirementsId": "menu",
            "decisionDefinitionKey": dish["decisionDefinitionKey"],
            "decisionRequirementsKey": file["decisionRequirementsKey"],
        })
    );
    let filter = json!({"filter": {"decisionDefinitionId": "dish", "isLatestVersion": true}});
    let found = host.post("/v2/decision-definitions/search", filter).await.items();
    let key = text(&dish["decisionDefinitionKey"]);
    assert_eq!(
        found,
        [json!({
            "decisionDefinitionId": "dish",
            "decisionDefinitionKey": key,
            "decisionRequirementsId": "menu",
            "decisionRequirementsKey": file["decisionRequirementsKey"],
            "decisionRequirementsName": "Menu",
            "decisionRequirementsVersion": 1,
            "name": "Dish",
            "tenantId": "<default>",
            "version": 1,
        })]
    );
    assert_eq!(host.get(&format!("/v2/decision-definitions/{key}")).await.json(200), found[0]);
    let xml = host.get(&format!("/v2/decision-definitions/{key}/xml")).await;
    assert!(xml.text().contains("<rule id=\"stew\">"));
    let found = host.post("/v2/decision-requirements/search", json!({})).await.items();
    let file = text(&file["decisionRequirementsKey"]);
    assert_eq!(host.get(&format!("/v2/decision-requirements/{file}")).await.json(200), found[0]);
    assert_eq!(host.get(&format!("/v2/decision-requirements/{file}/xml")).await.text(), xml.text());

    let again = host.deploy(&["dish.dmn"]).await.json(200);
    assert_eq!(again["deployments"][0]["decisionDefinition"], *dish, "nothing has changed");
}

async fn deploy_files(host: &Host, files: &[&(String, Vec<u8>)]) -> Answer {
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(name, content)| (&**name, content.clone())).collect();
    let (content_type, body) = multipart(&files, None);
    host.send(Method::POST, "/v2/deployments", Some(&content_type), body).await
}

#[tokio::test]
async fn files_that_import_each_other_are_deployed_together() {
    let model = |name: &str, import: &str, requires: &str, text: &str| {
        let xml = format!(
            "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' id='{name}' name='{name}' \
             namespace='urn:{name}'>{import}<decision id='decide-{name}' name='{name}'><variable name='{name}'/>{requires}\
             <literalExpression><text>{text}</text></literalExpression></decision></definitions>"
        );
        (format!("{name}.dmn"), xml.into_bytes())
    };
    let base = |text| model("base", "", "", text);
    let import =
        "<import name='b' namespace='urn:base' importType='https://www.omg.org/spec/DMN/20230324/MODEL/'/>";
    let requires =
        "<informationRequirement><requiredDecision href='urn:base#decide-base'/></informationRequirement>";
    let top = model("top", import, requires, "b.base + 1");
    let host = Host::start().await;
    let decide = async |host: &Host| {
        let evaluation = json!({"decisionDefinitionId": "decide-top", "variables": {}});
        host.post(EVALUATION, evaluation).await.json(200)["output"].clone()
    };

    let refused = deploy_files(&host, &[&top]).await.problem(400);
    let found = &refused["diagnostics"][0];
    let message = found["message"].as_str().unwrap();
    assert!(message.contains("`urn:base`: deploy it together with this one"), "{found}");
    assert_eq!((&found["resource"], &found["line"]), (&json!("top.dmn"), &json!(1)));

    // In whichever order.
    deploy_files(&host, &[&top, &base("41")]).await.json(200);
    assert_eq!(decide(&host).await, "42");
    // What was deployed keeps what it was deployed with.
    deploy_files(&host, &[&base("7")]).await.json(200);
    assert_eq!(decide(&host).await, "42");
    let store = Arc::clone(&host.store);
    let _ = host.stop().await;
    let host = Host::start_on(store, Config::default()).await;
    assert_eq!(decide(&host).await, "42");
    deploy_files(&host, &[&base("7"), &top]).await.json(200);
    assert_eq!(decide(&host).await, "8");
}

#[tokio::test]
async fn a_decision_that_cannot_be_read_is_refused_with_its_place() {
    let host = Host::start().await;
    let broken = "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" id=\"m\" name=\"m\" namespace=\"n\">\n\
        <decision id=\"d\" name=\"d\"><literalExpression><text>1 +</text></literalExpression></decision></definitions>";
    let (content_type, body) = crate::support::multipart(&[("broken.dmn", broken.into())], None);
    let answer =
        host.send(axum::http::Method::POST, "/v2/deployments", Some(&content_type), body).await.problem(400);
    assert_eq!(answer["diagnostics"][0]["resource"], "broken.dmn");
    assert_eq!(answer["diagnostics"][0]["line"], 2);
    assert!(host.post("/v2/decision-definitions/search", json!({})).await.items().is_empty());
}

#[tokio::test]
async fn a_decision_is_evaluated_by_id_and_by_key() {
    let host = Host::start().await;
    host.deploy(&["dish.dmn"]).await.json(200);
    let variables = json!({"season": "Summer", "guests": 8});
    let by_id = json!({"decisionDefinitionId": "dish", "variables": variables});
    let answer = host.post(EVALUATION, by_id).await.json(200);
    assert_eq!(answer["output"], "\"Salad\"");
    assert_eq!(
        (&answer["failureMessage"], &answer["decisionDefinitionName"]),
        (&Value::Null, &json!("Dish"))
    );
    let evaluated = answer["evaluatedDecisions"].as_array().unwrap();
    assert_eq!(evaluated.len(), 2, "{answer}");
    assert_eq!(
        (
            &evaluated[0]["decisionDefinitionId"],
            &evaluated[0]["output"],
            &evaluated[0]["decisionDefinitionType"]
        ),
        (&json!("crowd"), &json!("true"), &json!("LITERAL_EXPRESSION"))
    );
    assert_eq!(
        evaluated[1]["evaluatedInputs"][0],
        json!({"inputId": "season-input", "inputName": "Season", "inputValue": "\"Summer\""})
    );
    assert_eq!(
        evaluated[1]["matchedRules"],
        json!([{
            "ruleId": "salad",
            "ruleIndex": 2,
            "evaluatedOutputs": [{
                "outputId": "dish-output",
                "outputName": "Dish",
                "outputValue": "\"Salad\"",
                "ruleId": "salad",
                "ruleIndex": 2,
            }],
        }])
    );
    let by_key =
        json!({"decisionDefinitionKey": answer["decisionDefinitionKey"], "variables": {"season": "Winter"}});
    assert_eq!(host.post(EVALUATION, by_key).await.json(200)["output"], "\"Stew\"");
    host.post(EVALUATION, json!({"decisionDefinitionId": "nope"})).await.is_problem(
        404,
        "NOT_FOUND",
        "no decision `nope` exists",
    );
    host.post(EVALUATION, json!({"decisionDefinitionKey": "7"})).await.problem(404);
    host.post(EVALUATION, json!({})).await.problem(400);
}

#[tokio::test]
async fn what_a_business_rule_task_has_decided_is_kept() {
    let host = Host::start().await;
    host.deploy(&["events.bpmn", "dish.dmn"]).await.json(200);
    let order = json!({"name": "order", "variables": {"season": "Winter", "guests": 2}});
    let instance = text(&host.post("/v2/messages/correlation", order).await.json(200)["processInstanceKey"]);
    let state = host.get(&format!("/v2/process-instances/{instance}")).await.json(200);
    assert_eq!(state["state"], "COMPLETED");
    let filter = json!({"filter": {"processInstanceKey": instance, "state": "evaluated"}});
    let found = host.post("/v2/decision-instances/search", filter).await.items();
    assert_eq!(found.len(), 1);
    let evaluation = text(&found[0]["decisionEvaluationKey"]);
    assert_eq!(
        found[0],
        json!({
            "decisionDefinitionId": "dish",
            "decisionDefinitionKey": found[0]["decisionDefinitionKey"],
            "decisionDefinitionName": "Dish",
            "decisionDefinitionType": "DECISION_TABLE",
            "decisionDefinitionVersion": 1,
            "decisionEvaluationInstanceKey": format!("{evaluation}-2"),
            "decisionEvaluationKey": evaluation,
            "decisionRequirementsKey": found[0]["decisionRequirementsKey"],
            "elementInstanceKey": found[0]["elementInstanceKey"],
            "evaluationDate": START,
            "evaluationFailure": null,
            "processDefinitionKey": found[0]["processDefinitionKey"],
            "processInstanceKey": instance,
            "result": "\"Stew\"",
            "rootDecisionDefinitionKey": found[0]["decisionDefinitionKey"],
            "rootProcessInstanceKey": instance,
            "state": "EVALUATED",
            "tenantId": "<default>",
        })
    );
    let whole = host.get(&format!("/v2/decision-instances/{evaluation}-2")).await.json(200);
    assert_eq!(whole["matchedRules"][0]["ruleId"], "stew");
    let required = host.get(&format!("/v2/decision-instances/{evaluation}-1")).await.json(200);
    assert_eq!((&required["decisionDefinitionId"], &required["result"]), (&json!("crowd"), &json!("false")));
    host.get(&format!("/v2/decision-instances/{evaluation}-3")).await.problem(404);
    host.get("/v2/decision-instances/7").await.problem(404);
}
