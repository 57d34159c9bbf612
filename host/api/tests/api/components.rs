//! Components and grants.

use axum::body::Body;
use axum::http::{Method, Request};
use fermata_api::COMPONENT_BYTES_MAX;
use serde_json::{Value, json};

use crate::support::{Answer, Host};

const PATH: &str = "/fermata/v1/components";

async fn upload(host: &Host, component: &str) -> Answer {
    host.send(Method::POST, PATH, Some("application/wasm"), component.as_bytes().to_vec()).await
}

#[tokio::test]
async fn a_component_is_uploaded_read_and_deleted() {
    let host = Host::start().await;
    let uploaded = upload(&host, "score@1.0.0").await.json(201);
    let component = json!({
        "name": "score",
        "version": "1.0.0",
        "digest": "digest of 11 bytes",
        "sizeBytes": 11,
        "jobTypes": ["score"],
        "serving": ["score"],
        "manifest": {"name": "score", "version": "1.0.0"},
        "uploadedAt": "1970-01-01T00:00:00.000Z",
        "uploadedBy": "anonymous",
        "prebuilt": false,
    });
    let missing = json!(["--host api.example.com"]);
    assert_eq!(
        uploaded,
        json!({"component": component, "created": true, "signed": false, "missingGrants": missing})
    );
    let again = upload(&host, "score@1.0.0").await.json(200);
    assert_eq!(
        again,
        json!({"component": component, "created": false, "signed": false, "missingGrants": missing})
    );
    upload(&host, "score@1.1.0").await.json(201);
    upload(&host, "other@1.0.0").await.json(201);

    assert_eq!(host.get(PATH).await.items().len(), 3);
    let versions = host.get(&format!("{PATH}/score")).await.items();
    assert_eq!(versions.iter().map(|version| &version["version"]).collect::<Vec<_>>(), ["1.1.0", "1.0.0"]);
    assert_eq!(host.get(&format!("{PATH}/score/1.0.0")).await.json(200), component);
    let wasm = host.get(&format!("{PATH}/score/1.0.0/wasm")).await;
    assert_eq!((wasm.text().as_str(), wasm.header("content-type")), ("score@1.0.0", "application/wasm"));

    let removed = host.delete(&format!("{PATH}/score/1.0.0")).await.json(200);
    let served = json!([{"jobType": "score", "servedBy": null, "waitingJobs": 2}]);
    assert_eq!(removed, json!({"name": "score", "version": "1.0.0", "served": served}));
    for path in ["/score/1.0.0", "/score/1.0.0/wasm"] {
        host.get(&format!("{PATH}{path}")).await.is_problem(
            404,
            "NOT_FOUND",
            "no component `score@1.0.0` exists",
        );
    }
    host.delete(&format!("{PATH}/score/1.0.0")).await.is_problem(
        404,
        "NOT_FOUND",
        "no component `score@1.0.0` exists",
    );
    host.get(&format!("{PATH}/nope")).await.is_problem(404, "NOT_FOUND", "no component `nope` exists");
}

#[tokio::test]
async fn a_refusal_lists_its_problems() {
    let host = Host::start().await;
    let refused = upload(&host, "unfit@1.0.0").await.json(400);
    assert_eq!(refused["detail"], "the component is refused: `unfit` is refused");
    let problem = json!({
        "code": "UNKNOWN_IMPORT",
        "message": "`unfit` is refused",
        "name": "acme:ledger/book@1.0.0",
    });
    assert_eq!(refused["problems"], json!([problem]));
}

#[tokio::test]
async fn an_upload_that_has_to_wait_too_long_may_come_again() {
    let host = Host::start().await;
    let busy = upload(&host, "later@1.0.0").await;
    assert_eq!(busy.header("retry-after"), "1");
    busy.is_problem(503, "RESOURCE_EXHAUSTED", "`later` is refused");
}

#[tokio::test]
async fn what_is_no_component_is_refused() {
    let host = Host::start().await;
    upload(&host, "noise").await.is_problem(400, "INVALID_ARGUMENT", "this is no component: it has no name");
    upload(&host, "").await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "the file is empty: expected a WebAssembly component",
    );
    host.post(PATH, json!({})).await.is_problem(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "content type `application/json` is not supported here: send the component as `application/wasm`",
    );
    upload(&host, "score@1.0.0").await.json(201);
    upload(&host, "score@1.0.0 changed").await.is_problem(
        409,
        "ALREADY_EXISTS",
        "component `score@1.0.0 changed` exists already and differs",
    );
    upload(&host, &" ".repeat(COMPONENT_BYTES_MAX + 1)).await.is_problem(
        413,
        "PAYLOAD_TOO_LARGE",
        "the request body is larger than 67108864 bytes, the limit of this resource",
    );
    assert_eq!(host.get(PATH).await.items().len(), 1);
}

#[tokio::test]
async fn grants_are_replaced_as_a_whole() {
    let host = Host::start().await;
    let path = "/fermata/v1/grants/score";
    assert_eq!(host.get(path).await.json(200), json!({}));
    let policy = json!({"hosts": ["api.example.com"]});
    host.put(path, policy.clone()).await.is_done();
    assert_eq!(host.get(path).await.json(200), policy);
    host.put(path, json!([])).await.is_problem(400, "INVALID_ARGUMENT", "the policy is no object");
    assert_eq!(host.get(path).await.json(200), policy);

    // Why is beside the grant, not in it.
    let more = json!({"hosts": [], "reason": "the vendor is gone"});
    host.put(path, more).await.is_done();
    host.put(path, json!({"reason": 4})).await.is_problem(400, "INVALID_ARGUMENT", "reason: expected a text");
    assert_eq!(host.get(path).await.json(200), json!({"hosts": []}));
    let page = host.get(&format!("{path}/history?limit=1")).await.json(200);
    let change = &page["items"][0];
    assert_eq!((&change["from"], &change["to"]), (&policy, &json!({"hosts": []})));
    assert_eq!((&change["reason"], &page["nextBefore"]), (&json!("the vendor is gone"), &json!(2)));
    let rest = host.get(&format!("{path}/history?before=2")).await.json(200);
    assert_eq!((&rest["items"][0]["from"], &rest["nextBefore"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn a_grant_that_has_changed_meanwhile_is_not_overwritten() {
    let host = Host::start().await;
    let path = "/fermata/v1/grants/score";
    let read = async || host.get(path).await.header("etag").to_owned();
    let replace = async |expected: &str, policy: Value| {
        let request =
            Request::put(path).header("if-match", expected).header("content-type", "application/json");
        host.request(request.body(Body::from(policy.to_string())).unwrap()).await
    };
    let nothing = read().await;
    replace(&nothing, json!({"a": 1})).await.is_done();
    // Another operator has read it before.
    replace(&nothing, json!({"b": 2})).await.is_problem(
        412,
        "PRECONDITION_FAILED",
        "somebody else has changed what `score` is granted: read it again",
    );
    assert_eq!(host.get(path).await.json(200), json!({"a": 1}));
    let present = read().await;
    assert_eq!(read().await, present, "reading changes nothing");
    replace(&format!("{nothing}, {present}"), json!({"a": 1, "b": 2})).await.is_done();
    replace("*", json!({"c": 3})).await.is_done();
    replace(&present, json!({})).await.problem(412);
    host.put(path, json!({"d": 4})).await.is_done();
}

#[tokio::test]
async fn each_refusal_of_the_platform_has_its_status() {
    let host = Host::start().await;
    for (component, status, title) in [
        ("prebuilt@1.0.0", 409, "INVALID_STATE"),
        ("one-too-many@1.0.0", 409, "LIMIT_REACHED"),
        ("too-large@1.0.0", 413, "PAYLOAD_TOO_LARGE"),
        ("out-of-order@1.0.0", 503, "UNAVAILABLE"),
    ] {
        assert_eq!(upload(&host, component).await.problem(status)["title"], title);
    }
}
