//! What to try on a host that was left running.

use std::time::Duration;

use console::style;
use serde_json::json;

use super::cast::YOURS;
use super::screen::Screen;
use super::stage::Stage;

/// How often to look for the task of the new order.
const TICK: Duration = Duration::from_millis(50);

/// Takes one more order, and prints commands that work as they stand.
pub(super) async fn print(screen: &Screen, stage: &Stage) -> anyhow::Result<()> {
    let instance = stage.order(&YOURS).await?;
    let job = loop {
        let filter = json!({ "processInstanceKey": instance, "elementId": "Task_Approve" });
        let jobs = stage.client.search("jobs", filter, json!([]), 1).await?;
        match jobs.first().and_then(|job| job["jobKey"].as_str()) {
            Some(key) => break key.to_owned(),
            None => tokio::time::sleep(TICK).await,
        }
    };
    let url = stage.url();
    let post = |path: &str, body: &str| {
        format!("curl -s {url}{path} -H 'content-type: application/json' -d '{body}'")
    };
    screen.heading("The host goes on until Ctrl-C");
    screen.line(format_args!("One more order has come, from {}, and waits for you.", YOURS.name));
    for (what, command) in [
        ("all orders", post("/v2/process-instances/search", "{}")),
        (
            "the open task",
            post("/v2/jobs/search", &format!(r#"{{"filter":{{"processInstanceKey":"{instance}"}}}}"#)),
        ),
        ("approve it", post(&format!("/v2/jobs/{job}/completion"), r#"{"variables":{"approved":true}}"#)),
        ("what has happened since", format!("curl -s {url}/fermata/v1/process-instances/{instance}/history")),
        (
            "one more order of your own",
            post(
                "/v2/process-instances",
                &json!({ "processDefinitionId": super::model::PROCESS_ID, "variables": YOURS.variables() })
                    .to_string(),
            ),
        ),
        ("components", format!("curl -s {url}/fermata/v1/components")),
        ("what Stripe's connector may do", format!("curl -s {url}/fermata/v1/grants/stripe")),
        ("secrets, without their values", format!("curl -s {url}/fermata/v1/secrets")),
    ] {
        screen.line("");
        screen.line(style(format_args!("# {what}")).dim());
        screen.line(command);
    }
    Ok(())
}
