//! Deployments, and what is wrong with them.

use axum::http::Method;
use fermata_api::{DEPLOYMENT_FILE_BYTES_MAX, DEPLOYMENT_FILES_MAX};
use serde_json::json;

use crate::support::{Host, multipart};

const PATH: &str = "/v2/deployments";

async fn deploy(host: &Host, files: &[(&str, Vec<u8>)], tenant: Option<&str>) -> crate::support::Answer {
    let (content_type, body) = multipart(files, tenant);
    host.send(Method::POST, PATH, Some(&content_type), body).await
}

#[tokio::test]
async fn a_deployment_names_its_definitions() {
    let host = Host::start().await;
    let deployed = host.deploy(&["order.bpmn", "at-once.bpmn"]).await.json(200);
    let definition = |index: usize, id: &str, file: &str| {
        json!({
            "processDefinition": {
                "processDefinitionId": id,
                "processDefinitionVersion": 1,
                "resourceName": file,
                "tenantId": "<default>",
                "processDefinitionKey": deployed["deployments"][index]["processDefinition"]["processDefinitionKey"],
            },
            "decisionDefinition": null,
            "decisionRequirements": null,
            "form": null,
            "resource": null,
        })
    };
    assert!(deployed["deploymentKey"].is_string());
    assert_eq!(deployed["tenantId"], "<default>");
    assert_eq!(
        deployed["deployments"],
        json!([definition(0, "order", "order.bpmn"), definition(1, "at-once", "at-once.bpmn")])
    );
    let warnings = deployed["diagnostics"].as_array().unwrap();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0]["severity"], "warning");
    assert_eq!(warnings[0]["resource"], "at-once.bpmn");
}

#[tokio::test]
async fn the_default_tenant_may_be_named() {
    let host = Host::start().await;
    let model = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/models/order.bpmn")).unwrap();
    for tenant in ["<default>", ""] {
        deploy(&host, &[("order.bpmn", model.clone())], Some(tenant)).await.json(200);
    }
    deploy(&host, &[("order.bpmn", model)], Some("acme")).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "tenantId: tenant `acme` does not exist, because multi-tenancy is off: leave it out or send `<default>`",
    );
}

#[tokio::test]
async fn every_finding_is_told_with_its_place() {
    let host = Host::start().await;
    let problem = host.deploy(&["order.bpmn", "broken.bpmn"]).await.problem(400);
    let lines: Vec<&str> = problem["detail"].as_str().unwrap().lines().collect();
    assert!(
        lines.iter().any(|line| line.starts_with("broken.bpmn:6:5: error[unsupported-element]: ")),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("broken.bpmn:10:") && line.contains(": error[feel-syntax]: ")),
        "{lines:?}"
    );
    let findings = problem["diagnostics"].as_array().unwrap();
    assert_eq!(findings.len(), lines.len());
    let unsupported = findings.iter().find(|finding| finding["rule"] == "unsupported-element").unwrap();
    assert_eq!(unsupported["severity"], "error");
    assert_eq!(unsupported["resource"], "broken.bpmn");
    assert_eq!(unsupported["line"], 6);
    assert_eq!(unsupported["column"], 5);
    // Nothing of it was deployed.
    assert_eq!(
        host.post("/v2/process-definitions/search", json!({})).await.items(),
        Vec::<serde_json::Value>::new()
    );
}

#[tokio::test]
async fn broken_xml_is_told_with_its_place() {
    let host = Host::start().await;
    let problem = deploy(&host, &[("x.bpmn", b"<a>\n<b></a>".to_vec())], None).await.problem(400);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("x.bpmn:2:") && detail.contains(": error[xml-syntax]: "), "{detail}");
}

#[tokio::test]
async fn a_form_must_hold_files() {
    let host = Host::start().await;
    deploy(&host, &[], None).await.is_problem(400, "INVALID_ARGUMENT", "resources: the form has no file");
    let twice = [("a.bpmn", Vec::new()), ("a.bpmn", Vec::new())];
    deploy(&host, &twice, None).await.is_problem(
        400,
        "INVALID_ARGUMENT",
        "resources: two files are called `a.bpmn`",
    );
    let nameless = b"--boundary\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\nx\r\n--boundary--\r\n";
    host.send(Method::POST, PATH, Some("multipart/form-data; boundary=boundary"), nameless.to_vec())
        .await
        .is_problem(400, "INVALID_ARGUMENT", "part `x` has no file name: send files in parts `resources`");
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let host = Host::start().await;
    host.post(PATH, json!({})).await.is_problem(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "content type `application/json` is not supported here: send `multipart/form-data` with files in parts `resources`",
    );
    for (content_type, body) in
        [("multipart/form-data", "x"), ("multipart/form-data; boundary=b", "--b\r\nnothing")]
    {
        let problem =
            host.send(Method::POST, PATH, Some(content_type), body.as_bytes().to_vec()).await.problem(400);
        assert_eq!(problem["title"], "INVALID_ARGUMENT");
    }
}

#[tokio::test]
async fn limits_hold() {
    let host = Host::start().await;
    let large = vec![b' '; DEPLOYMENT_FILE_BYTES_MAX + 1];
    deploy(&host, &[("large.bpmn", large)], None).await.is_problem(
        413,
        "PAYLOAD_TOO_LARGE",
        "large.bpmn: the file takes 8388609 bytes, the limit is 8388608",
    );
    let names: Vec<String> = (0..=DEPLOYMENT_FILES_MAX).map(|index| format!("{index}.bpmn")).collect();
    let many: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (name.as_str(), Vec::new())).collect();
    deploy(&host, &many, None).await.is_problem(
        413,
        "PAYLOAD_TOO_LARGE",
        "resources: a deployment has at most 50 files",
    );
}
