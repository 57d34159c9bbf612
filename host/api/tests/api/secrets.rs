//! Secrets: their values are in no answer.

use axum::http::Method;
use serde_json::json;

use crate::support::Host;

const PATH: &str = "/fermata/v1/secrets";

#[tokio::test]
async fn a_secret_is_written_and_never_read() {
    let host = Host::start().await;
    let put = async |value: &str| host.put(&format!("{PATH}/KEY"), json!({"value": value})).await.json(200);
    assert_eq!(put("hush").await, json!({"name": "KEY", "version": 1}));
    assert_eq!(put("hush-hush").await, json!({"name": "KEY", "version": 2}));
    assert_eq!(host.platform.secrets.lock().unwrap()["KEY"], (2, "hush-hush".to_owned()));
    let secret = json!({
        "name": "KEY", "version": 2, "changedAt": "1970-01-01T00:00:00.000Z", "changedBy": "anonymous"
    });
    assert_eq!(host.get(PATH).await.items(), [secret]);
    host.delete(&format!("{PATH}/KEY?reason=leaked")).await.is_done();
    host.delete(&format!("{PATH}/KEY")).await.is_problem(404, "NOT_FOUND", "no secret `KEY` exists");
    let again = json!({"value": "hush", "reason": "a new account"});
    host.put(&format!("{PATH}/KEY"), again).await.json(200);
    let page = host.get(&format!("{PATH}/KEY/history?limit=2")).await.json(200);
    let told = |change: &serde_json::Value| {
        format!("{} {} {}", change["action"], change["version"], change["reason"])
    };
    let told: Vec<String> = page["items"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(told, ["\"SET\" 1 \"a new account\"", "\"REMOVED\" 2 \"leaked\""]);
    let rest = host.get(&format!("{PATH}/KEY/history?before={}", page["nextBefore"])).await.json(200);
    assert_eq!((rest["items"].as_array().map(Vec::len), &rest["nextBefore"]), (Some(2), &json!(null)));
    assert!(!format!("{page}{rest}").contains("hush"));
    host.get(&format!("{PATH}/KEY/history?limit=0")).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "limit: 0 is not between 1 and 200",
    );
}

#[tokio::test]
async fn no_message_quotes_what_may_be_a_secret() {
    let host = Host::start().await;
    for body in [
        r#"{"value": 4711}"#,
        r#"{"value": ["4711"]}"#,
        r#"{"valeu": "4711"}"#,
        r#"{"value": "4711", "more": "4711"}"#,
        r#""4711""#,
        r#"{"value": "4711"#,
        r#"{"4711"}"#,
    ] {
        let answer = host
            .send(Method::PUT, &format!("{PATH}/KEY"), Some("application/json"), body.as_bytes().to_vec())
            .await;
        answer.problem(400);
        assert!(!answer.text().contains("4711"), "{body}: {}", answer.text());
    }
    assert!(host.platform.secrets.lock().unwrap().is_empty());
}
