//! `{{secrets.X}}` in a model is a secret on its way out; the same characters in a variable are text.

mod harness;

use std::sync::Arc;

use anyhow::ensure;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use harness::{Host, component, model};

const KEY: &str = "SG.the-real-key";

/// What a stand-in for SendGrid has seen: the `Authorization` header and the body of each request.
type Seen = Arc<Mutex<Vec<(String, Value)>>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_the_model_goes_out_and_one_in_a_variable_stays_text() -> anyhow::Result<()> {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = Router::new().route("/v3/mail/send", post(take_mail)).with_state(Arc::clone(&seen));
    tokio::spawn(async move { axum::serve(listener, server).await });

    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let (status, answer) = host.upload(component("sendgrid.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    let (status, answer) =
        host.send("PUT", "/fermata/v1/secrets/MAIL_KEY", Some(&json!({ "value": KEY }))).await?;
    ensure!((200..300).contains(&status), "secret: {status} {answer}");
    let policy = json!({
        "grants": { "hosts": [format!("http://{address}")], "secrets": [format!("MAIL_KEY@http://{address}")] },
        "settings": { "base-url": format!("http://{address}") },
    });
    let (status, answer) = host.send("PUT", "/fermata/v1/grants/sendgrid", Some(&policy)).await?;
    ensure!((200..300).contains(&status), "grant: {status} {answer}");
    host.deploy("mail.bpmn", model("mail.bpmn")?).await?;

    // A customer tries to read the key: by its name, and by what the name becomes.
    let customer = json!({ "name": "{{secrets.MAIL_KEY}}", "email": "mallory@example.com" });
    let answer = host.run_instance("mail", json!({ "customer": customer })).await?;
    ensure!(answer["variables"]["sent"]["status"] == 202, "{answer}");
    // The vendor sends the key back in a header that the connector hands on.
    let masked = format!("Bearer {}", "*".repeat(KEY.len()));
    ensure!(answer["variables"]["sent"]["messageId"] == masked, "{answer}");

    let seen = seen.lock().await;
    ensure!(seen.len() == 1, "{} mails", seen.len());
    let (authorization, mail) = &seen[0];
    ensure!(*authorization == format!("Bearer {KEY}"), "the header is `{authorization}`");
    let mail = mail.to_string();
    ensure!(mail.contains("Dear {{secrets.MAIL_KEY}}"), "{mail}");
    ensure!(!mail.contains(KEY), "the key is in the mail: {mail}");

    // Nothing that the host keeps or shows holds the key.
    let instance = answer["processInstanceKey"].as_str().unwrap_or_default();
    let history = host.get(&format!("/fermata/v1/process-instances/{instance}/history?limit=100")).await?;
    let variables = host.post("/v2/variables/search", &json!({})).await?;
    let secrets = host.get("/fermata/v1/secrets").await?;
    for shown in [history, variables, secrets] {
        ensure!(!shown.to_string().contains(KEY), "the key is shown: {shown}");
    }
    let database = std::fs::read(folder.path().join("fermata.db"))?;
    let wal = std::fs::read(folder.path().join("fermata.db-wal")).unwrap_or_default();
    for file in [database, wal] {
        ensure!(
            !file.windows(KEY.len()).any(|window| window == KEY.as_bytes()),
            "the key is on disk in plain text"
        );
    }
    Ok(())
}

/// Takes a mail, and repeats the credentials in its answer as careless servers do.
async fn take_mail(
    State(seen): State<Seen>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> (StatusCode, [(&'static str, String); 1]) {
    let authorization =
        headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    seen.lock().await.push((authorization.clone(), body.0));
    (StatusCode::ACCEPTED, [("x-message-id", authorization)])
}
