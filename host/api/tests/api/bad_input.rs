//! Requests that are wrong for any resource.

use axum::body::Body;
use axum::http::{Method, Request};
use fermata_api::JSON_BODY_BYTES_MAX;
use serde_json::json;

use crate::support::{Answer, Host};

const INSTANCES: &str = "/v2/process-instances";

async fn post_text(host: &Host, path: &str, content_type: Option<&str>, body: &str) -> Answer {
    host.send(Method::POST, path, content_type, body.as_bytes().to_vec()).await
}

#[tokio::test]
async fn unknown_resources_are_not_found() {
    let host = Host::start().await;
    for path in ["/", "/v2", "/v2/nothing", "/v3/topology", "/fermata/v1/nothing?x=1"] {
        let resource = path.split('?').next().unwrap();
        host.get(path).await.is_problem(404, "NOT_FOUND", &format!("there is no resource at `{resource}`"));
    }
}

#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let host = Host::start().await;
    let answer = host.delete("/v2/user-tasks/7").await;
    answer.is_problem(
        405,
        "Method Not Allowed",
        "`/v2/user-tasks/7` does not take DELETE: the `allow` header says what it takes",
    );
    assert_eq!(answer.header("allow"), "GET,HEAD,PATCH");
}

#[tokio::test]
async fn keys_are_numbers() {
    let host = Host::start().await;
    for path in [
        "/v2/process-instances/abc",
        "/v2/process-definitions/abc",
        "/v2/process-definitions/abc/xml",
        "/v2/user-tasks/abc",
        "/v2/user-tasks/abc/form",
        "/v2/incidents/abc",
        "/v2/variables/abc",
        "/fermata/v1/process-instances/abc",
        "/fermata/v1/process-instances/abc/history",
    ] {
        host.get(path).await.is_problem(
            400,
            "INVALID_ARGUMENT",
            "`abc` is not a key: expected a positive decimal integer below 2^63",
        );
    }
    host.post("/v2/jobs/-1/completion", json!({})).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "`-1` is not a key: expected a positive decimal integer below 2^63",
    );
    host.get("/v2/incidents/%FF").await.problem(400);
}

#[tokio::test]
async fn broken_json_is_told_with_its_place() {
    let host = Host::start().await;
    for (body, detail) in [
        ("{", "the request body is not valid JSON: EOF while parsing an object at line 1 column 1"),
        (
            "{\n\"variables\": {\"a\":}}",
            "the request body is not valid JSON: expected value at line 2 column 19",
        ),
        ("{} x", "the request body is not valid JSON: trailing characters at line 1 column 4"),
    ] {
        post_text(&host, INSTANCES, Some("application/json"), body).await.is_problem(
            400,
            "INVALID_ARGUMENT",
            detail,
        );
    }
    let not_utf8 =
        host.send(Method::POST, INSTANCES, Some("application/json"), b"{\"a\xff\":1}".to_vec()).await;
    assert_eq!(not_utf8.problem(400)["title"], "INVALID_ARGUMENT");
}

#[tokio::test]
async fn variables_are_an_object_within_limits() {
    let host = Host::start().await;
    host.deploy_order().await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
    for (variables, detail) in [
        ("[1]", "the request body is not acceptable: variables must be a JSON object, found an array"),
        ("\"x\"", "the request body is not acceptable: variables must be a JSON object, found a string"),
        (deep.as_str(), "the request body is not acceptable: variables nest deeper than 100 levels"),
    ] {
        let body = format!("{{\"processDefinitionId\":\"order\",\"variables\":{variables}}}");
        let problem = post_text(&host, INSTANCES, Some("application/json"), &body).await.problem(400);
        let found = problem["detail"].as_str().unwrap();
        assert!(found.starts_with(detail), "{found}");
    }
    assert!(host.post("/v2/process-instances/search", json!({})).await.items().is_empty());
}

#[tokio::test]
async fn missing_and_unknown_fields_are_named() {
    let host = Host::start().await;
    for (path, body, part) in [
        (
            "/v2/jobs/activation",
            "{\"timeout\":1,\"maxJobsToActivate\":1}",
            "missing field `type` at line 1 column 35",
        ),
        ("/v2/jobs/activation", "{\"type\":\"x\",\"timeout\":1}", "missing field `maxJobsToActivate`"),
        ("/v2/jobs/activation", "{\"type\":1}", "invalid type: integer `1`, expected a string"),
        ("/v2/jobs/7/error", "{}", "missing field `errorCode`"),
        ("/v2/user-tasks/7/assignment", "{}", "missing field `assignee`"),
        (
            INSTANCES,
            "{\"processDefinitionID\":\"x\"}",
            "unknown field `processDefinitionID`, expected one of",
        ),
        (INSTANCES, "{\"processDefinitionKey\":\"x\"}", "`x` is not a key"),
        (
            "/v2/incidents/search",
            "{\"filters\":{}}",
            "unknown field `filters`, expected one of `filter`, `sort`, `page`",
        ),
    ] {
        let problem = post_text(&host, path, Some("application/json"), body).await.problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("the request body is not acceptable: ") && detail.contains(part),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn a_body_has_to_be_there_and_be_json() {
    let host = Host::start().await;
    post_text(&host, INSTANCES, Some("application/json"), "").await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "the request has no body: expected a JSON object",
    );
    post_text(&host, INSTANCES, Some("text/plain; charset=utf-8"), "{}").await.is_problem(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "content type `text/plain` is not supported here: send `application/json`",
    );
    post_text(&host, INSTANCES, None, "{}").await.is_problem(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "the request does not say its content type: send `content-type: application/json`",
    );
    for good in ["application/json;charset=UTF-8", "Application/JSON", "application/vnd.camunda.api+json"] {
        post_text(&host, "/v2/jobs/search", Some(good), "{}").await.json(200);
    }
}

#[tokio::test]
async fn a_body_past_the_limit_is_refused() {
    let host = Host::start().await;
    host.deploy_order().await;
    let body = |length: usize| {
        let envelope = "{\"processDefinitionId\":\"order\",\"variables\":{\"a\":\"\"}}";
        envelope.replace("\"\"", &format!("\"{}\"", "x".repeat(length - envelope.len())))
    };
    let too_large = body(JSON_BODY_BYTES_MAX + 1);
    post_text(&host, INSTANCES, Some("application/json"), &too_large).await.is_problem(
        413,
        "PAYLOAD_TOO_LARGE",
        &format!("the request body is larger than {JSON_BODY_BYTES_MAX} bytes, the limit of this resource"),
    );
    // The body is within its limit, the variables are not within theirs.
    let problem =
        post_text(&host, INSTANCES, Some("application/json"), &body(types::VARIABLES_BYTES_MAX + 100)).await;
    let problem = problem.problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("bytes, the limit is 4194304"), "{problem}");
    assert!(host.post("/v2/process-instances/search", json!({})).await.items().is_empty());
    post_text(&host, INSTANCES, Some("application/json"), &body(types::VARIABLES_BYTES_MAX - 100))
        .await
        .json(200);
}

#[tokio::test]
async fn query_parameters_are_checked() {
    let host = Host::start().await;
    for query in ["truncateValues=perhaps", "truncate=true"] {
        let path = format!("/v2/variables/search?{query}");
        assert_eq!(host.post(&path, json!({})).await.problem(400)["title"], "INVALID_ARGUMENT");
    }
}

#[tokio::test]
async fn a_problem_is_written_for_head_requests_too() {
    let host = Host::start().await;
    let answer = host.request(Request::head("/v2/incidents/7").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), "application/problem+json");
}
