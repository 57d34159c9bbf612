//! Secrets: placeholders that become values on their way to the right host, and nowhere else.

use fermata_sandbox::{Limits, Policy};
use serde_json::{Value, json};

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
    assert_eq!(completed(&report)["proof"], SECRET);
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
