//! Deployed forms, and files that are no models.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Host, multipart};

async fn deploy(host: &Host, files: &[(&str, &str)]) -> Answer {
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(name, content)| (*name, content.as_bytes().to_vec())).collect();
    let (content_type, body) = multipart(&files, None);
    host.send(Method::POST, "/v2/deployments", Some(&content_type), body).await
}

/// The `what` of each thing of a deployment that is one.
async fn deployed(host: &Host, files: &[(&str, &str)], what: &str) -> Vec<Value> {
    let answer = deploy(host, files).await.json(200);
    let things = answer["deployments"].as_array().unwrap();
    things.iter().map(|thing| thing[what].clone()).filter(|thing| !thing.is_null()).collect()
}

#[tokio::test]
async fn a_form_gets_a_version_for_each_content() {
    let host = Host::start().await;
    let (first, second) = (r#"{"id": "order"}"#, r#"{"id": "order", "versionTag": "v2"}"#);
    let mut keys = Vec::new();
    for (content, version) in [(first, 1), (first, 1), (second, 2), (second, 2), (first, 3)] {
        let forms = deployed(&host, &[("order.form", content)], "form").await;
        let key = forms[0]["formKey"].clone();
        assert_eq!(
            forms,
            [json!({
                "formId": "order",
                "version": version,
                "resourceName": "order.form",
                "tenantId": "<default>",
                "formKey": key,
            })]
        );
        keys.push(key);
    }
    assert!(keys[0] == keys[1] && keys[1] != keys[2] && keys[2] == keys[3] && keys[3] != keys[4], "{keys:?}");
}

#[tokio::test]
async fn what_is_deployed_together_gets_its_versions_together() {
    let host = Host::start().await;
    let form = r#"{"id": "order"}"#;
    let versions = async |script: &str| {
        let answer = deploy(&host, &[("order.form", form), ("order.rpa", script)]).await.json(200);
        [
            answer["deployments"][0]["form"]["version"].clone(),
            answer["deployments"][1]["resource"]["version"].clone(),
        ]
    };
    assert_eq!(versions("pay").await, [1, 1]);
    assert_eq!(versions("pay").await, [1, 1]);
    assert_eq!(versions("pay twice").await, [2, 2]);
}

#[tokio::test]
async fn other_files_are_kept_as_they_are() {
    let host = Host::start().await;
    let resources = deployed(&host, &[("pay.rpa", "{\"name\": \"pay\"}")], "resource").await;
    let key = resources[0]["resourceKey"].as_str().unwrap().to_owned();
    let expected = json!({
        "resourceId": "pay.rpa",
        "resourceKey": key,
        "resourceName": "pay.rpa",
        "tenantId": "<default>",
        "version": 1,
    });
    assert_eq!(resources, std::slice::from_ref(&expected));
    let mut found = host.get(&format!("/v2/resources/{key}")).await.json(200);
    assert_eq!(found["versionTag"].take(), Value::Null);
    found.as_object_mut().unwrap().remove("versionTag");
    assert_eq!(found, expected);
    let content = host.get(&format!("/v2/resources/{key}/content")).await;
    assert_eq!(content.status, 200);
    assert_eq!(content.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(content.body, b"{\"name\": \"pay\"}"[..]);

    let (content_type, body) = multipart(&[("bytes", vec![0xff, 0xfe])], None);
    let answer = host.send(Method::POST, "/v2/deployments", Some(&content_type), body).await.json(200);
    let key = answer["deployments"][0]["resource"]["resourceKey"].as_str().unwrap();
    let content = host.get(&format!("/v2/resources/{key}/content")).await;
    assert_eq!(content.headers["content-type"], "application/octet-stream");
    assert_eq!(content.body, [0xff, 0xfe][..]);
}

#[tokio::test]
async fn a_key_of_something_else_is_no_resource() {
    let host = Host::start().await;
    let forms = deployed(&host, &[("order.form", r#"{"id": "order"}"#)], "form").await;
    for key in [forms[0]["formKey"].as_str().unwrap(), "2251799813685999"] {
        for path in [format!("/v2/resources/{key}"), format!("/v2/resources/{key}/content")] {
            let expected = format!("no resource with key {key} exists");
            host.get(&path).await.is_problem(404, "NOT_FOUND", &expected);
        }
    }
}

#[tokio::test]
async fn a_form_that_is_none_is_told_with_its_place() {
    let host = Host::start().await;
    let problem = deploy(&host, &[("order.form", "{\"components\": []}")]).await.problem(400);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("order.form:1:1: error[form-id]"), "{detail}");
    let twice = [("a.form", r#"{"id": "order"}"#), ("b.form", r#"{"id": "order"}"#)];
    deploy(&host, &twice).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "form `order` is in `a.form` and in `b.form`: a deployment has it once",
    );
}
