//! Secrets: placeholders that become values on their way to the right host, and nowhere else.

use fermata_sandbox::{Limits, Policy, SecretToken};
use serde_json::{Value, json};
use types::JobError;

use crate::support::{Bench, Server, answer, completed, failure, policy};

const SECRET: &str = "s3cr3t-value";

fn attack(attack: &str, server: &Server) -> Value {
    json!({ "attack": attack, "url": server.url("/"), "secret": "KEY" })
}

async fn bench_with_secret() -> (Bench, Server) {
    let bench = Bench::new().await;
    bench.host.set_secret("KEY", SECRET);
    (bench, Server::start(|_| answer("200 OK", "", "hello")).await)
}

fn granted(server: &Server, secrets: &[&str]) -> Policy {
    policy(&[&server.url("")], secrets, Limits::default())
}

#[tokio::test]
async fn a_placeholder_becomes_the_secret_on_its_way_to_its_host() {
    let (bench, server) = bench_with_secret().await;
    let bound = format!("KEY@{}", server.address);
    let report = bench.run(attack("secret-elsewhere", &server), granted(&server, &[&bound])).await;
    assert_eq!(completed(&report)["proof"], "200 hello");
    let request = server.requests().remove(0);
    assert!(request.contains(&format!("authorization: Bearer {SECRET}\r\n")), "{request}");
}

#[tokio::test]
async fn a_placeholder_towards_another_host_refuses_the_request() {
    let (bench, server) = bench_with_secret().await;
    let report =
        bench.run(attack("secret-elsewhere", &server), granted(&server, &["KEY@api.example.com"])).await;
    let refusal = format!("secret `KEY` is not granted to component `hostile` for host `{}`", server.url(""));
    assert!(failure(&report).contains(&refusal), "{}", failure(&report));
    assert_eq!(server.connections(), 0);
    // No retry brings a grant.
    assert!(
        matches!(&report.result, Err(JobError::Failed(failure)) if failure.retries == Some(0)),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_secret_that_is_removed_while_a_job_runs_is_the_attempts_to_its_end() {
    let (bench, server) = bench_with_secret().await;
    bench.host.forget_secrets_asked_for();
    let bound = format!("KEY@{}", server.address);
    let run = || bench.run(attack("secret-elsewhere", &server), granted(&server, &[&bound]));
    // It was there for the placeholder, and is removed before the request.
    assert_eq!(completed(&run().await)["proof"], "200 hello");
    assert!(server.requests().remove(0).contains(SECRET));
    let report = run().await;
    assert!(failure(&report).contains("secret `KEY` has no value"), "{}", failure(&report));
    // What was used is masked to the end of the attempt, although nobody has it any more.
    bench.host.set_secret("KEY", SECRET);
    let told = json!({ "attack": "secret-in-failure", "secret": "KEY" });
    let mut seeing = granted(&server, &[]);
    seeing.grants.reveal.push("KEY".parse().expect("a name"));
    let report = bench.run(told, seeing).await;
    assert_eq!(failure(&report), "the vendor does not take `[secret KEY]`");
}

#[tokio::test]
async fn a_store_that_is_down_is_no_reason_to_give_up() {
    let (bench, server) = bench_with_secret().await;
    let token = SecretToken::random().expect("randomness");
    bench.host.set_model_token(token.as_str(), "KEY");
    bench.host.break_secret_store();
    let input = json!({ "attack": "bearer", "url": server.url("/"), "secret": token.as_str() });
    let bound = format!("KEY@{}", server.address);
    let report = bench.run(input, granted(&server, &[&bound])).await;
    assert!(
        failure(&report).contains("secret `KEY` is not available: the store is down"),
        "{}",
        failure(&report)
    );
    assert!(
        matches!(&report.result, Err(JobError::Failed(failure)) if failure.retries.is_none()),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_placeholder_in_a_header_that_the_grant_does_not_name_refuses_the_request() {
    let (bench, server) = bench_with_secret().await;
    let in_header = |secret: &str| granted(&server, &[secret]);
    let bound = format!("KEY@{}", server.address);
    let report = bench.run(attack("secret-in-other-header", &server), in_header(&bound)).await;
    assert!(failure(&report).contains("in header `x-request-id`"), "{}", failure(&report));
    assert_eq!(server.connections(), 0);

    let named = format!("KEY:x-request-id@{}", server.address);
    let report = bench.run(attack("secret-in-other-header", &server), in_header(&named)).await;
    assert_eq!(completed(&report)["proof"], "200 hello");
    assert!(server.requests()[0].contains(&format!("x-request-id: {SECRET}\r\n")));
}

/// A server that sends back the credentials that it gets, in a header and in its body.
async fn echo() -> Server {
    Server::start(|request| {
        let lines = request.lines().filter_map(|line| line.split_once(": "));
        let sent = lines.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let credentials = sent.map(|(_, value)| value.to_owned()).collect::<String>();
        answer("200 OK", &format!("x-you-sent: {credentials}\r\n"), &format!("you sent {credentials}"))
    })
    .await
}

#[tokio::test]
async fn a_secret_that_the_server_sends_back_is_masked() {
    let (bench, server) = (Bench::new().await, echo().await);
    bench.host.set_secret("KEY", SECRET);
    let bound = format!("KEY@{}", server.address);
    let report = bench.run(attack("secret-echo", &server), granted(&server, &[&bound])).await;
    let proof = completed(&report)["proof"].to_string();
    assert!(server.requests()[0].contains(SECRET), "the server has it");
    assert!(!proof.contains(SECRET), "{proof}");
    let masked = "*".repeat(SECRET.len());
    assert!(proof.contains(&format!("x-you-sent: Bearer {masked}")), "{proof}");
    assert!(proof.ends_with(&format!("you sent Bearer {masked}\"")), "{proof}");

    // A component that may see the secret gets what the server sends.
    let mut policy = granted(&server, &[&bound]);
    policy.grants.reveal.push("KEY".parse().expect("a name"));
    let report = bench.run(attack("secret-echo", &server), policy).await;
    assert!(failure(&report).starts_with("result holds the value of secret `KEY`"), "{}", failure(&report));
}

#[tokio::test]
async fn a_placeholder_in_a_body_stays_a_placeholder() {
    let (bench, server) = bench_with_secret().await;
    let bound = format!("KEY@{}", server.address);
    let report = bench.run(attack("secret-in-body", &server), granted(&server, &[&bound])).await;
    assert_eq!(completed(&report)["proof"], "200 hello");
    let request = server.requests().remove(0);
    assert!(!request.contains(SECRET), "{request}");
    assert!(request.contains("\r\n\r\nfermata-secret-"), "{request}");
}

#[tokio::test]
async fn a_secret_that_nobody_granted_has_no_placeholder() {
    let (bench, server) = bench_with_secret().await;
    let report = bench.run(attack("secret-not-granted", &server), granted(&server, &[])).await;
    let message = failure(&report);
    assert!(message.contains("grant it with `fermata worker grant hostile --secret KEY@HOST`"), "{message}");
    let report =
        bench.run(attack("secret-not-granted", &server), granted(&server, &["KEY@api.example.com"])).await;
    let token = completed(&report)["proof"].to_string();
    assert!(token.contains("fermata-secret-") && !token.contains(SECRET), "{token}");
}

#[tokio::test]
async fn seeing_a_secret_needs_a_grant_of_its_own() {
    let (bench, server) = bench_with_secret().await;
    let mut policy = granted(&server, &["KEY@api.example.com"]);
    let report = bench.run(attack("secret-reveal", &server), policy.clone()).await;
    let message = failure(&report);
    assert!(message.contains("grant it with `fermata worker grant hostile --reveal KEY`"), "{message}");

    policy.grants.reveal.push("KEY".parse().expect("a name"));
    let report = bench.run(attack("secret-reveal", &server), policy).await;
    let backwards: String = SECRET.chars().rev().collect();
    assert_eq!(completed(&report)["proof"], backwards);
}

#[tokio::test]
async fn a_secret_without_a_value_says_what_to_set() {
    let bench = Bench::new().await;
    let policy = policy(&[], &["KEY@api.example.com"], Limits::default());
    let input = json!({ "attack": "secret-not-granted", "secret": "KEY" });
    let report = bench.run(input.clone(), policy.clone()).await;
    let message = failure(&report);
    assert!(message.contains("set it with `fermata secret set KEY`"), "{message}");

    bench.host.break_secret_store();
    let report = bench.run(input, policy).await;
    assert_eq!(
        failure(&report),
        "the component could not be run: secret `KEY` is not available: the store is down"
    );
}
