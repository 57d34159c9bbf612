//! The conventions that all searches share, on instances and user tasks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Host, text};

const PATH: &str = "/v2/process-instances/search";

/// Five instances, a second apart: `b0` to `b4`; `b3` is cancelled, `b4` has no business id, even ones are `even`.
async fn five() -> (Host, Vec<String>) {
    let host = Host::start().await;
    host.deploy_order().await;
    let mut keys = Vec::new();
    for index in 0..5 {
        let mut body =
            json!({"processDefinitionId": "order", "tags": if index % 2 == 0 { ["even"] } else { ["odd"] }});
        if index < 4 {
            body["businessId"] = json!(format!("b{index}"));
        }
        keys.push(text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"]));
        host.advance(Duration::from_secs(1));
    }
    host.post(&format!("/v2/process-instances/{}/cancellation", keys[3]), json!({})).await.is_done();
    (host, keys)
}

async fn found(host: &Host, keys: &[String], body: Value) -> Vec<usize> {
    let items = host.post(PATH, body).await.items();
    let index = |item: &Value| keys.iter().position(|key| item["processInstanceKey"] == **key).unwrap();
    items.iter().map(index).collect()
}

#[tokio::test]
async fn every_operator_does_what_it_says() {
    let (host, keys) = five().await;
    for (filter, expected) in [
        (json!({}), &[0, 1, 2, 3, 4][..]),
        (json!({"businessId": "b1"}), &[1]),
        (json!({"businessId": {"$eq": "b1"}}), &[1]),
        (json!({"businessId": {"$neq": "b1"}}), &[0, 2, 3, 4]),
        (json!({"businessId": {"$exists": false}}), &[4]),
        (json!({"businessId": {"$exists": true}}), &[0, 1, 2, 3]),
        (json!({"businessId": {"$in": ["b0", "b2", "x"]}}), &[0, 2]),
        (json!({"businessId": {"$notIn": ["b0", "b2"]}}), &[1, 3, 4]),
        (json!({"businessId": {"$like": "b*", "$neq": "b0"}}), &[1, 2, 3]),
        (json!({"businessId": {"$like": "?1"}}), &[1]),
        (json!({"businessId": null}), &[0, 1, 2, 3, 4]),
        (json!({"state": "active"}), &[0, 1, 2, 4]),
        (json!({"state": {"$in": ["Terminated", "COMPLETED"]}}), &[3]),
        (json!({"state": {"$like": "term*"}}), &[3]),
        (json!({"startDate": {"$gt": "2026-01-01T00:00:01Z"}}), &[2, 3, 4]),
        (json!({"startDate": {"$gte": "2026-01-01T01:00:01+01:00", "$lt": "2026-01-01T00:00:03Z"}}), &[1, 2]),
        (json!({"startDate": "2026-01-01T00:00:04Z"}), &[4]),
        (json!({"startDate": {"$lte": "2026-01-01T00:00:00Z"}}), &[0]),
        (json!({"endDate": {"$exists": true}}), &[3]),
        (json!({"processDefinitionVersion": 1}), &[0, 1, 2, 3, 4]),
        (json!({"processDefinitionVersion": {"$gt": 1}}), &[]),
        (json!({"hasIncident": true}), &[]),
        (json!({"hasIncident": {"$neq": true}}), &[0, 1, 2, 3, 4]),
        (json!({"processInstanceKey": keys[2]}), &[2]),
        (json!({"processInstanceKey": keys[2].parse::<i64>().unwrap()}), &[2]),
        (json!({"processInstanceKey": {"$in": [keys[2], keys[0]]}}), &[0, 2]),
        (json!({"processInstanceKey": {"$notIn": [keys[2], keys[0]]}}), &[1, 3, 4]),
        (json!({"tags": ["even"]}), &[0, 2, 4]),
        (json!({"tags": ["even", "odd"]}), &[]),
        (json!({"tenantId": "<default>"}), &[0, 1, 2, 3, 4]),
        (
            json!({"processDefinitionVersionTag": "spring", "processDefinitionName": "Order"}),
            &[0, 1, 2, 3, 4],
        ),
        // No instance has a parent.
        (json!({"parentProcessInstanceKey": {"$exists": false}}), &[0, 1, 2, 3, 4]),
        (json!({"parentProcessInstanceKey": "7"}), &[]),
        (json!({"$or": [{"businessId": "b0"}, {"state": "TERMINATED", "tags": ["odd"]}]}), &[0, 3]),
        (json!({"state": "ACTIVE", "$or": [{"businessId": "b0"}, {"businessId": "b3"}]}), &[0]),
        (json!({"$or": []}), &[]),
    ] {
        assert_eq!(found(&host, &keys, json!({"filter": filter})).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn results_are_sorted() {
    let (host, keys) = five().await;
    for (sort, expected) in [
        (json!([{"field": "startDate", "order": "desc"}]), [4, 3, 2, 1, 0]),
        (json!([{"field": "businessId"}]), [4, 0, 1, 2, 3]),
        (json!([{"field": "businessId", "order": "DESC"}]), [3, 2, 1, 0, 4]),
        (json!([{"field": "state"}, {"field": "startDate", "order": "DESC"}]), [4, 2, 1, 0, 3]),
        (
            json!([{"field": "parentProcessInstanceKey"}, {"field": "processInstanceKey", "order": "desc"}]),
            [4, 3, 2, 1, 0],
        ),
        (json!([]), [0, 1, 2, 3, 4]),
    ] {
        assert_eq!(found(&host, &keys, json!({"sort": sort})).await, expected, "{sort}");
    }
}

#[tokio::test]
async fn results_come_in_pages() {
    let (host, keys) = five().await;
    let sort = json!([{"field": "startDate", "order": "DESC"}]);
    let page = async |page: Value| {
        let answer = host.post(PATH, json!({"sort": sort, "page": page})).await.json(200);
        let index = |item: &Value| keys.iter().position(|key| item["processInstanceKey"] == **key).unwrap();
        let items: Vec<usize> = answer["items"].as_array().unwrap().iter().map(index).collect();
        (items, answer["page"].clone())
    };
    let (items, first) = page(json!({"limit": 2})).await;
    assert_eq!(items, [4, 3]);
    assert_eq!((&first["totalItems"], &first["hasMoreTotalItems"]), (&json!(5), &json!(false)));
    let (items, second) = page(json!({"limit": 2, "after": first["endCursor"]})).await;
    assert_eq!(items, [2, 1]);
    assert_eq!(second["totalItems"], 5);
    let (items, third) = page(json!({"limit": 2, "after": second["endCursor"]})).await;
    assert_eq!(items, [0]);
    let (items, nothing) = page(json!({"limit": 2, "after": third["endCursor"]})).await;
    assert!(items.is_empty());
    assert_eq!((&nothing["startCursor"], &nothing["endCursor"]), (&Value::Null, &Value::Null));
    let (items, _) = page(json!({"limit": 2, "before": third["startCursor"]})).await;
    assert_eq!(items, [2, 1]);
    let (items, _) = page(json!({"from": 3})).await;
    assert_eq!(items, [1, 0]);
}

#[tokio::test]
async fn what_makes_no_sense_is_named() {
    let host = Host::start().await;
    let fields = "processInstanceKey, processDefinitionKey, processDefinitionId, processDefinitionName, \
        processDefinitionVersion, processDefinitionVersionTag, state, hasIncident, startDate, endDate, tenantId, \
        businessId, tags, parentProcessInstanceKey, parentElementInstanceKey, suspendedDate, variables, \
        batchOperationId, batchOperationKey, errorMessage, hasRetriesLeft, elementInstanceState, elementId, \
        hasElementInstanceIncident, incidentErrorHashCode";
    for (body, detail) in [
        (json!({"filter": {"sate": "x"}}), format!("filter: unknown field `sate`, expected one of {fields}")),
        (
            json!({"filter": {"$or": [{}, {"sate": "x"}]}}),
            format!("filter.$or[1]: unknown field `sate`, expected one of {fields}"),
        ),
        (json!({"sort": [{"field": "sate"}]}), format!("sort[0]: unknown field `sate`, expected one of {fields}")),
        (
            json!({"filter": {"variables": [{"name": "a", "value": "1"}]}}),
            "filter.variables: filtering by this field is not supported".to_owned(),
        ),
        (json!({"sort": [{"field": "tags"}]}), "sort[0]: sorting by `tags` is not supported".to_owned()),
        (
            json!({"sort": [{"field": "state", "order": "up"}]}),
            "sort[0].order: expected ASC or DESC".to_owned(),
        ),
        (
            json!({"filter": {"state": "DONE"}}),
            "filter.state: expected one of ACTIVE, COMPLETED, TERMINATED".to_owned(),
        ),
        (
            json!({"filter": {"state": {"$in": ["ACTIVE", 1]}}}),
            "filter.state.$in: expected one of ACTIVE, COMPLETED, TERMINATED".to_owned(),
        ),
        (
            json!({"filter": {"state": {"$gt": "ACTIVE"}}}),
            "filter.state: operator `$gt` is not supported, $eq, $neq, $exists, $in, $notIn, $like are".to_owned(),
        ),
        (
            json!({"filter": {"startDate": {"$like": "2026*"}}}),
            "filter.startDate: operator `$like` is not supported, $eq, $neq, $exists, $gt, $gte, $lt, $lte, $in, $notIn are"
                .to_owned(),
        ),
        (
            json!({"filter": {"businessId": {}}}),
            "filter.businessId: expected a value or an operator such as `$eq`".to_owned(),
        ),
        (json!({"filter": {"businessId": {"$in": "b"}}}), "filter.businessId.$in: expected a list".to_owned()),
        (json!({"filter": {"businessId": 7}}), "filter.businessId: expected a text".to_owned()),
        (
            json!({"filter": {"businessId": {"$exists": "yes"}}}),
            "filter.businessId.$exists: expected true or false".to_owned(),
        ),
        (
            json!({"filter": {"startDate": {"$gt": "2026-01-01"}}}),
            "filter.startDate.$gt: `2026-01-01` is not a date and time: expected ISO 8601 with an offset, such as `2030-01-31T12:00:00Z`"
                .to_owned(),
        ),
        (
            json!({"filter": {"processInstanceKey": "x"}}),
            "filter.processInstanceKey: `x` is not a key: expected a positive decimal integer below 2^63".to_owned(),
        ),
        (json!({"filter": {"hasIncident": "no"}}), "filter.hasIncident: expected true or false".to_owned()),
        (
            json!({"filter": {"processDefinitionVersion": 1.5}}),
            "filter.processDefinitionVersion: expected a whole number".to_owned(),
        ),
        (json!({"filter": {"tags": "vip"}}), "filter.tags: expected a list of labels".to_owned()),
        (json!({"filter": {"$or": {}}}), "filter.$or: expected a list of filters".to_owned()),
        (json!({"page": {"limit": 0}}), "page.limit: 0 is not between 1 and 10000".to_owned()),
        (json!({"page": {"limit": 10_001}}), "page.limit: 10001 is not between 1 and 10000".to_owned()),
        (json!({"page": {"from": -1}}), "page.from: -1 is less than 0".to_owned()),
        (
            json!({"page": {"from": 1, "after": "x"}}),
            "page: only one of `from`, `after` and `before` says where a page starts".to_owned(),
        ),
        (json!({"page": {"after": "x"}}), "the page cursor does not belong to this search".to_owned()),
    ] {
        host.post(PATH, body).await.is_problem(400, "INVALID_ARGUMENT", &detail);
    }
}

#[tokio::test]
async fn a_search_past_the_stores_limits_is_refused() {
    let host = Host::start().await;
    let alternatives: Vec<Value> = (0..300).map(|index| json!({"businessId": index.to_string()})).collect();
    let problem = host.post(PATH, json!({"filter": {"$or": alternatives}})).await.problem(400);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("the search has ") && detail.ends_with("at most 200 are allowed"), "{detail}");
}

#[tokio::test]
async fn every_search_needs_no_body_and_answers_alike() {
    let host = Host::start().await;
    for path in [
        "/v2/process-instances/search",
        "/v2/process-definitions/search",
        "/v2/user-tasks/search",
        "/v2/incidents/search",
        "/v2/jobs/search",
        "/v2/variables/search",
    ] {
        let empty = json!({
            "items": [],
            "page": {"totalItems": 0, "hasMoreTotalItems": false, "startCursor": null, "endCursor": null},
        });
        assert_eq!(host.send(axum::http::Method::POST, path, None, Vec::new()).await.json(200), empty);
        assert_eq!(
            host.post(path, json!({"filter": null, "sort": null, "page": null})).await.json(200),
            empty
        );
        let problem = host.post(path, json!({"filter": {"nope": 1}})).await.problem(400);
        assert!(
            problem["detail"].as_str().unwrap().starts_with("filter: unknown field `nope`, expected one of ")
        );
    }
}

#[tokio::test]
async fn every_field_can_be_asked_for() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.order_to_approve(json!({})).await;
    for (path, fields) in [
        (
            "process-definitions",
            "processDefinitionKey processDefinitionId name version versionTag resourceName tenantId isLatestVersion state hasStartForm",
        ),
        (
            "user-tasks",
            "userTaskKey state assignee candidateGroup candidateUser priority elementId elementInstanceKey processInstanceKey processDefinitionKey processDefinitionId creationDate completionDate dueDate followUpDate tenantId",
        ),
        (
            "incidents",
            "incidentKey processInstanceKey processDefinitionKey processDefinitionId elementId elementInstanceKey jobKey errorType errorMessage state creationTime tenantId",
        ),
        (
            "jobs",
            "jobKey type state worker retries deadline elementId elementInstanceKey processInstanceKey processDefinitionKey processDefinitionId tenantId kind priority deniedReason isDenied",
        ),
        (
            "element-instances",
            "elementInstanceKey processInstanceKey processDefinitionKey processDefinitionId elementId startDate elementInstanceScopeKey hasIncident incidentKey tenantId state endDate",
        ),
        (
            "message-subscriptions",
            "messageSubscriptionKey processInstanceKey processDefinitionKey processDefinitionId elementId elementInstanceKey lastUpdatedDate messageName correlationKey tenantId messageSubscriptionState",
        ),
        (
            "correlated-message-subscriptions",
            "correlationKey correlationTime elementId elementInstanceKey messageKey messageName partitionId processDefinitionId processDefinitionKey processInstanceKey subscriptionKey tenantId",
        ),
        (
            "decision-definitions",
            "decisionDefinitionKey decisionDefinitionId name version decisionRequirementsKey decisionRequirementsId decisionRequirementsName decisionRequirementsVersion tenantId isLatestVersion",
        ),
        (
            "decision-requirements",
            "decisionRequirementsKey decisionRequirementsId decisionRequirementsName version resourceName tenantId",
        ),
        (
            "decision-instances",
            "decisionEvaluationKey processInstanceKey processDefinitionKey elementInstanceKey decisionDefinitionKey rootDecisionDefinitionKey decisionDefinitionId decisionDefinitionName decisionDefinitionVersion decisionRequirementsKey state evaluationDate evaluationFailure tenantId",
        ),
        ("batch-operations", "batchOperationKey operationType state startDate endDate actorId"),
        ("variables", "variableKey name value scopeKey processInstanceKey tenantId"),
    ] {
        for field in fields.split(' ') {
            host.post(&format!("/v2/{path}/search"), json!({"filter": {field: {"$exists": true}}}))
                .await
                .json(200);
        }
    }
}

#[tokio::test]
async fn what_is_not_kept_cannot_be_searched_for() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.start_order(json!({})).await;
    let search = async |filter: Value| host.post("/v2/jobs/search", json!({"filter": filter})).await;
    for (filter, field, state) in [
        (json!({"state": "completed"}), "state", "COMPLETED"),
        (json!({"state": {"$in": ["CREATED", "CANCELED"]}}), "state", "CANCELED"),
        (json!({"state": {"$like": "*THROWN"}}), "state", "ERROR_THROWN"),
        (json!({"$or": [{"state": "FAILED"}, {"state": "COMPLETED"}]}), "$or[1].state", "COMPLETED"),
    ] {
        search(filter).await.is_problem(
            400,
            "INVALID_ARGUMENT",
            &format!(
                "filter.{field}: {state} cannot be searched for, \
                 jobs that are done are not kept: the history of their instance tells of them"
            ),
        );
    }
    for filter in [
        json!({"state": "CREATED"}),
        json!({"state": {"$in": ["CREATED", "FAILED"]}}),
        json!({"state": {"$neq": "COMPLETED"}}),
        json!({"state": {"$notIn": ["COMPLETED", "CANCELED"]}}),
    ] {
        assert_eq!(search(filter.clone()).await.items().len(), 1, "{filter}");
    }
    search(json!({"endTime": {"$exists": true}})).await.problem(400);
    // Whether a value is cut off is the request's own doing.
    let truncated = json!({"filter": {"isTruncated": false}});
    host.post("/v2/variables/search", truncated).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "filter.isTruncated: filtering by this field is not supported",
    );
}
