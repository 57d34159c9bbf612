//! Roll-outs: what is rolled out, tags, going back, history.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, Host};

/// A job type with what a path has to escape.
const PATH: &str = "/fermata/v1/rollouts/io.camunda:mail%2F1";

async fn put(host: &Host, condition: (&str, &str), plan: Value) -> Answer {
    let request =
        Request::put(PATH).header(condition.0, condition.1).header("content-type", "application/json");
    host.request(request.body(Body::from(plan.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_rollout_is_replaced_as_a_whole_and_by_its_tag() {
    let host = Host::start().await;
    host.get(PATH).await.is_problem(404, "NOT_FOUND", "no roll-out of job type `io.camunda:mail/1` exists");
    assert_eq!(host.get("/fermata/v1/rollouts").await.items(), [json!(null); 0]);
    let first = put(&host, ("if-none-match", "*"), json!({"versions": [1]})).await;
    assert_eq!(first.header("etag"), "\"1\"");
    let expected = json!({
        "jobType": "io.camunda:mail/1", "revision": 1, "changedAt": "1970-01-01T00:00:00.000Z",
        "changedBy": "anonymous", "counted": [], "versions": [1],
    });
    assert_eq!(first.json(200), expected);
    let read = host.get(PATH).await;
    assert_eq!((read.header("etag"), read.json(200)), ("\"1\"", expected.clone()));
    assert_eq!(host.get("/fermata/v1/rollouts").await.items(), [expected]);

    put(&host, ("if-none-match", "*"), json!({"versions": [2]})).await.problem(412);
    put(&host, ("if-match", "\"2\""), json!({"versions": [2]})).await.problem(412);
    put(&host, ("if-match", "\"other\""), json!({"versions": [2]})).await.problem(412);
    put(&host, ("if-match", "\"7\", \"1\""), json!({"versions": [2]})).await.json(200);
    put(&host, ("if-match", "*"), json!({"versions": [3]})).await.json(200);
    put(&host, ("if-none-match", "\"1\""), json!({"versions": [2]})).await.problem(400);
    host.put(PATH, json!({})).await.is_problem(400, "INVALID_ARGUMENT", "versions: missing");
    host.put(PATH, json!({"versions": [4], "reason": 4})).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "reason: expected a text",
    );
    assert_eq!(host.get(PATH).await.json(200)["versions"], json!([3]));
    host.delete(&format!("{PATH}?why=x")).await.problem(400);
    host.delete(PATH).await.is_done();
    host.get(PATH).await.problem(404);
}

#[tokio::test]
async fn the_history_tells_who_and_why_page_by_page() {
    let host = Host::start().await;
    for (version, reason) in [(1, json!("first")), (2, json!(null)), (3, json!("third"))] {
        host.put(PATH, json!({"versions": [version], "reason": reason})).await.json(200);
    }
    let back = host.post(&format!("{PATH}/rollback"), json!({"to": 2, "reason": "it fails"})).await;
    assert_eq!(back.json(200)["versions"], json!([2]));
    let bare = host.send(axum::http::Method::POST, &format!("{PATH}/rollback"), None, Vec::new()).await;
    assert_eq!(bare.json(200)["versions"], json!([1]));
    host.post(&format!("{PATH}/rollback"), json!({"too": 2})).await.problem(400);
    host.post(&format!("{PATH}/rollback"), json!({"to": 99})).await.problem(409);
    host.delete(&format!("{PATH}?reason=over")).await.is_done();

    let page = host.get(&format!("{PATH}/history?limit=2")).await.json(200);
    let told = |page: &Value| -> Vec<(i64, String, String)> {
        let items = page["items"].as_array().unwrap().iter();
        let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
        items
            .map(|item| (item["revision"].as_i64().unwrap(), text(item, "action"), text(item, "reason")))
            .collect()
    };
    let owned = |revision, action: &str, reason: &str| (revision, action.to_owned(), reason.to_owned());
    assert_eq!(told(&page), [owned(6, "REMOVED", "over"), owned(5, "ROLLED_BACK", "")]);
    assert_eq!(
        (&page["items"][0]["from"], &page["items"][0]["to"]),
        (&json!({"versions": [1]}), &json!(null))
    );
    assert_eq!(page["nextBefore"], 5);
    let page = host.get(&format!("{PATH}/history?limit=2&before=5")).await.json(200);
    assert_eq!(told(&page), [owned(4, "ROLLED_BACK", "it fails"), owned(3, "SET", "third")]);
    let page = host.get(&format!("{PATH}/history?limit=2&before=3")).await.json(200);
    assert_eq!(told(&page), [owned(2, "SET", ""), owned(1, "SET", "first")]);
    assert_eq!(page["nextBefore"], json!(null));
    for limit in [0, 201] {
        host.get(&format!("{PATH}/history?limit={limit}")).await.is_problem(
            400,
            "INVALID_ARGUMENT",
            &format!("limit: {limit} is not between 1 and 200"),
        );
    }
    assert_eq!(host.get("/fermata/v1/rollouts/other/history").await.items(), [json!(null); 0]);
}
