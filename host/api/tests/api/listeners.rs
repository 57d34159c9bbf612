//! Jobs that are no task's own work: task listeners and ad-hoc sub-processes.

use serde_json::{Value, json};

use crate::support::{Host, text};

async fn start(host: &Host) -> (String, String) {
    host.deploy(&["desk.bpmn"]).await.json(200);
    let body = json!({"processDefinitionId": "desk"});
    let instance = text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"]);
    let tasks = host.post("/v2/user-tasks/search", json!({})).await.items();
    (instance, text(&tasks[0]["userTaskKey"]))
}

#[tokio::test]
async fn a_task_listener_refuses_and_corrects() {
    let host = Host::start().await;
    let (_, task) = start(&host).await;
    let completion = format!("/v2/user-tasks/{task}/completion");
    let deny = async {
        let job = host.activate_in_time("second-look").await;
        assert_eq!(host.get(&format!("/v2/user-tasks/{task}")).await.json(200)["state"], "COMPLETING");
        assert_eq!(
            (&job["kind"], &job["listenerEventType"]),
            (&json!("TASK_LISTENER"), &json!("COMPLETING"))
        );
        assert_eq!(
            (&job["userTask"]["action"], &job["userTask"]["userTaskKey"]),
            (&json!("complete"), &json!(task))
        );
        let filter = json!({"filter": {"kind": "task_listener"}});
        let found = host.post("/v2/jobs/search", filter).await.items();
        assert_eq!(found[0]["listenerEventType"], "COMPLETING");
        let denied = json!({"result": {"type": "userTask", "denied": true, "deniedReason": "not yet"}});
        host.post(&format!("/v2/jobs/{}/completion", text(&job["jobKey"])), denied).await.is_done();
    };
    let asked = host.post(&completion, json!({"variables": {"ok": true}}));
    let problem = tokio::join!(asked, deny).0.problem(409);
    let detail = format!("a task listener has denied the completion of user task {task}: not yet");
    assert_eq!(
        (&problem["title"], &problem["detail"], &problem["userTaskKey"], &problem["deniedReason"]),
        (&json!("INVALID_STATE"), &json!(detail), &json!(task), &json!("not yet"))
    );
    assert_eq!(host.get(&format!("/v2/user-tasks/{task}")).await.json(200)["state"], "CREATED");

    let correct = async {
        let job = text(&host.activate_in_time("second-look").await["jobKey"]);
        let corrected =
            json!({"result": {"type": "userTask", "corrections": {"assignee": "eve", "priority": 9}}});
        host.post(&format!("/v2/jobs/{job}/completion"), corrected).await.is_done();
    };
    tokio::join!(host.post(&completion, json!({})), correct).0.is_done();
    let task = host.get(&format!("/v2/user-tasks/{task}")).await.json(200);
    assert_eq!(
        (&task["state"], &task["assignee"], &task["priority"]),
        (&json!("COMPLETED"), &json!("eve"), &json!(9))
    );
}

#[tokio::test]
async fn activities_of_an_ad_hoc_sub_process_are_activated_by_hand() {
    let host = Host::start().await;
    let (instance, task) = start(&host).await;
    let agree = async {
        let job = text(&host.activate_in_time("second-look").await["jobKey"]);
        host.post(&format!("/v2/jobs/{job}/completion"), json!({})).await.is_done();
    };
    let completion = format!("/v2/user-tasks/{task}/completion");
    tokio::join!(host.post(&completion, json!({})), agree).0.is_done();
    let body = json!({"filter": {"processInstanceKey": instance, "elementId": "extras"}});
    let found = host.post("/v2/element-instances/search", body).await.items();
    let extras = found.iter().find(|element| element["type"] == "AD_HOC_SUB_PROCESS").unwrap();
    let path =
        format!("/v2/element-instances/ad-hoc-activities/{}/activation", text(&extras["elementInstanceKey"]));
    host.post(&path, json!({"elements": []})).await.problem(400);
    host.post(&path, json!({"elements": [{"elementId": "nope"}]})).await.problem(400);
    let wanted = json!({"elements": [{"elementId": "gift", "variables": {"colour": "red"}}]});
    host.post(&path, wanted).await.is_done();
    assert_eq!(host.activate("gift").await["variables"]["colour"], "red");
    assert_eq!(host.activate("card").await, Value::Null);
    let unknown = "/v2/element-instances/ad-hoc-activities/7/activation";
    host.post(unknown, json!({"elements": [{"elementId": "gift"}]})).await.problem(404);
}

/// Time goes on by itself only where nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_completion_whose_listeners_do_not_answer_times_out_and_still_waits_for_them() {
    let host = Host::start().await;
    let (_, task) = start(&host).await;
    let completion = format!("/v2/user-tasks/{task}/completion");
    let problem = host.post(&completion, json!({})).await.problem(504);
    assert_eq!(problem["title"], "DEADLINE_EXCEEDED");
    host.post(&completion, json!({})).await.problem(409);
    let job = text(&host.activate("second-look").await["jobKey"]);
    host.post(&format!("/v2/jobs/{job}/completion"), json!({})).await.is_done();
    assert_eq!(host.get(&format!("/v2/user-tasks/{task}")).await.json(200)["state"], "COMPLETED");
}

/// Completes the one job of a type, and gives it.
async fn complete(host: &Host, job_type: &str, body: Value) -> Value {
    let job = host.activate(job_type).await;
    host.post(&format!("/v2/jobs/{}/completion", text(&job["jobKey"])), body).await.is_done();
    job
}

#[tokio::test]
async fn a_loop_begins_when_its_listeners_have_run() {
    let host = Host::start().await;
    host.deploy(&["ends.bpmn"]).await.json(200);
    host.post("/v2/process-instances", json!({"processDefinitionId": "ends"})).await.json(200);
    let job = complete(&host, "find", json!({"variables": {"papers": ["a", "b"]}})).await;
    assert_eq!(
        (&job["kind"], &job["listenerEventType"]),
        (&json!("EXECUTION_LISTENER"), &json!("BEFORE_ALL"))
    );
    assert_eq!(host.post("/v2/user-tasks/search", json!({})).await.items().len(), 2);
}

#[tokio::test]
async fn a_cancelled_instance_ends_when_its_listeners_have_run() {
    let host = Host::start().await;
    host.deploy(&["ends.bpmn"]).await.json(200);
    let body = json!({"processDefinitionId": "outer"});
    let outer = text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"]);
    complete(&host, "find", json!({"variables": {"papers": ["a"]}})).await;
    let task = text(&host.post("/v2/user-tasks/search", json!({})).await.items()[0]["userTaskKey"]);
    let cancellation = format!("/v2/process-instances/{outer}/cancellation");
    host.post(&cancellation, json!({})).await.is_done();
    host.post(&cancellation, json!({})).await.is_done();
    let state =
        async |key: &str| text(&host.get(&format!("/v2/process-instances/{key}")).await.json(200)["state"]);
    assert_eq!(state(&outer).await, "ACTIVE");
    assert_eq!(host.get(&format!("/v2/user-tasks/{task}")).await.json(200)["state"], "CANCELING");
    host.post(&format!("/v2/user-tasks/{task}/completion"), json!({})).await.problem(409);

    let denied = json!({"result": {"type": "userTask", "denied": true}});
    let job = host.activate("tidy").await;
    assert_eq!((&job["kind"], &job["listenerEventType"]), (&json!("TASK_LISTENER"), &json!("CANCELING")));
    let completion = format!("/v2/jobs/{}/completion", text(&job["jobKey"]));
    host.post(&completion, denied).await.problem(400);
    host.post(&completion, json!({"result": {"type": "userTask", "corrections": {"priority": 7}}}))
        .await
        .is_done();
    let task = host.get(&format!("/v2/user-tasks/{task}")).await.json(200);
    assert_eq!((&task["state"], &task["priority"]), (&json!("CANCELED"), &json!(7)));

    let found = host.post("/v2/jobs/search", json!({"filter": {"kind": "EXECUTION_LISTENER"}})).await.items();
    assert_eq!((found.len(), &found[0]["listenerEventType"]), (1, &json!("CANCEL")));
    assert_eq!(state(&outer).await, "ACTIVE");
    let job = complete(&host, "audit", json!({"variables": {"seen": true}})).await;
    assert_eq!(
        (&job["listenerEventType"], &job["customHeaders"]["reason"]),
        (&json!("CANCEL"), &json!("cancelled"))
    );
    assert_eq!(state(&text(&job["processInstanceKey"])).await, "TERMINATED");
    assert_eq!(state(&outer).await, "TERMINATED");
    host.post(&cancellation, json!({})).await.problem(404);
}
