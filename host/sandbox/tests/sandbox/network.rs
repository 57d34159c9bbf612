//! The way out: grants, addresses, redirects, limits, TLS.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use fermata_sandbox::{Answer, Config, Limits, Report, Resolve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use types::JobError;

use crate::support::{Bench, Server, TlsServer, answer, completed, config, failure, policy};

fn get(url: &str) -> Value {
    json!({ "attack": "host-not-granted", "url": url })
}

/// How many retries a failure leaves, if it says so.
fn retries(report: &Report) -> Option<u32> {
    match &report.result {
        Err(JobError::Failed(failure)) => failure.retries,
        other => panic!("expected a failure, got {other:?}"),
    }
}

fn follow(url: &str) -> Value {
    json!({ "attack": "redirect", "url": url })
}

async fn hello() -> Server {
    Server::start(|_| answer("200 OK", "", "hello")).await
}

#[tokio::test]
async fn a_host_that_nobody_granted_is_not_reached() {
    let (bench, server) = (Bench::new().await, hello().await);
    let report = bench.run(get(&server.url("/path?query")), policy(&[], &[], Limits::default())).await;
    let grant = server.url("");
    let refusal = format!(
        "host `{grant}` is not granted to component `hostile`: grant it with `fermata worker grant hostile --host {grant}`"
    );
    assert!(failure(&report).contains(&refusal), "{}", failure(&report));
    assert_eq!(report.refusals, [refusal]);
    assert_eq!(server.connections(), 0);

    let report = bench.run(get(&server.url("/path?query")), policy(&[&grant], &[], Limits::default())).await;
    assert_eq!(completed(&report)["proof"], "200 hello");
    let [request] = &report.requests[..] else { panic!("one request, got {:?}", report.requests) };
    assert_eq!((&*request.method, &*request.endpoint, &*request.path), ("GET", &*grant, "/path"));
    assert_eq!(request.answer, Answer::Status(200));
    let expected = format!("GET /path?query HTTP/1.1\r\nhost: {}\r\n", server.address);
    assert!(server.requests()[0].to_ascii_lowercase().starts_with(&expected.to_ascii_lowercase()));
}

#[tokio::test]
async fn a_grant_names_scheme_port_and_methods() {
    let (bench, server) = (Bench::new().await, hello().await);
    let port = server.address.port();
    for grant in [
        format!("127.0.0.1:{port}"),
        format!("http://127.0.0.1:{}", if port == 1 { 2 } else { 1 }),
        format!("http://localhost:{port}"),
        format!("POST http://127.0.0.1:{port}"),
    ] {
        let report = bench.run(get(&server.url("/")), policy(&[&grant], &[], Limits::default())).await;
        assert!(failure(&report).contains("a request was refused"), "{grant}: {}", failure(&report));
        assert_eq!(report.requests[0].answer, Answer::Refused);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_passes_the_same_gates() {
    let inside = Server::start(|_| answer("200 OK", "", "private")).await;
    let location = format!("location: {}\r\n", inside.url("/"));
    let outside = Server::start(move |_| answer("302 Found", &location, "")).await;
    let bench = Bench::new().await;

    let granted = policy(&[&outside.url("")], &[], Limits::default());
    let report = bench.run(follow(&outside.url("/")), granted).await;
    let refusal = format!("host `{}` is not granted to component `hostile`", inside.url(""));
    assert!(failure(&report).contains(&refusal), "{}", failure(&report));
    assert_eq!(inside.connections(), 0);
    assert_eq!(report.requests.len(), 2);

    let granted = policy(&[&outside.url(""), &inside.url("")], &[], Limits::default());
    let report = bench.run(follow(&outside.url("/")), granted).await;
    assert_eq!(completed(&report)["proof"], "200 private");
}

#[tokio::test]
async fn a_redirect_to_a_name_that_leads_inside_is_not_followed() {
    let inside = Server::start(|_| answer("200 OK", "", "private")).await;
    let name = format!("http://vendor.test:{}", inside.address.port());
    let location = format!("location: {name}/\r\n");
    let outside = Server::start(move |_| answer("302 Found", &location, "")).await;

    // Both are granted, and the name resolves to where the grant does not reach.
    let (bench, _) = rebinding().await;
    let granted = policy(&[&outside.url(""), &name], &[], Limits::default());
    let report = bench.run(follow(&outside.url("/")), granted).await;
    assert!(failure(&report).contains("leads to 127.0.0.1, a loopback address"), "{}", failure(&report));
    assert_eq!((outside.requests().len(), inside.connections()), (1, 0));

    let (bench, _) = rebinding().await;
    let granted = policy(&[&outside.url(""), &format!("{name}+private")], &[], Limits::default());
    let report = bench.run(follow(&outside.url("/")), granted).await;
    assert_eq!(completed(&report)["proof"], "200 private");
}

/// Resolves every name to loopback the first time and to an address that nobody has from then on.
#[derive(Default)]
struct Rebinding {
    questions: AtomicUsize,
}

#[async_trait]
impl Resolve for Rebinding {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        if name == "unknown.test" {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no such name"));
        }
        match self.questions.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(vec![Ipv4Addr::LOCALHOST.into()]),
            _ => Ok(vec![Ipv4Addr::new(10, 255, 255, 1).into()]),
        }
    }
}

async fn rebinding() -> (Bench, Arc<Rebinding>) {
    let resolver = Arc::new(Rebinding::default());
    let bench = Bench::with(Config { resolver: resolver.clone(), ..config() }).await;
    (bench, resolver)
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_followed() {
    let server = hello().await;
    let host = format!("http://vendor.test:{}", server.address.port());
    let (bench, _) = rebinding().await;
    let report = bench.run(get(&host), policy(&[&host], &[], Limits::default())).await;
    let refusal = format!(
        "`vendor.test:{}` leads to 127.0.0.1, a loopback address, which no grant to `hostile` covers: \
         if it is meant to, grant it with `fermata worker grant hostile --host {host}+private`",
        server.address.port()
    );
    assert!(failure(&report).contains(&refusal), "{}", failure(&report));
    assert_eq!(report.requests[0].answer, Answer::Refused);
    assert_eq!(server.connections(), 0);

    let (bench, _) = rebinding().await;
    let report = bench.run(get(&host), policy(&[&format!("{host}+private")], &[], Limits::default())).await;
    assert_eq!(completed(&report)["proof"], "200 hello");
}

#[tokio::test]
async fn the_checked_address_is_the_one_that_is_connected_to() {
    let server = hello().await;
    let host = format!("http://vendor.test:{}", server.address.port());
    let (bench, resolver) = rebinding().await;
    let private = policy(&[&format!("{host}+private")], &[], Limits::default());
    // A second resolution would have led elsewhere.
    assert!(bench.run(get(&host), private).await.result.is_ok());
    assert_eq!(resolver.questions.load(Ordering::Relaxed), 1);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_reaches_inside_never_serves_a_grant_that_does_not() {
    let server = hello().await;
    let host = format!("http://vendor.test:{}", server.address.port());
    let (bench, _) = rebinding().await;
    let private = policy(&[&format!("{host}+private")], &[], Limits::default());
    assert!(bench.run(get(&host), private.clone()).await.result.is_ok());
    // The same grant goes on using the connection, whatever the name resolves to by now.
    assert!(bench.run(get(&host), private).await.result.is_ok());
    assert_eq!(server.connections(), 1);
    let public = policy(&[&host], &[], Limits::default());
    assert!(failure(&bench.run(get(&host), public).await).contains("an address of a private network"));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_response_is_read_up_to_its_limit() {
    let server = Server::start(|_| answer("200 OK", "", &"x".repeat(100_000))).await;
    let bench = Bench::new().await;
    let tight = Limits { response_bytes: 99_999, ..Limits::default() };
    let report = bench.run(get(&server.url("/")), policy(&[&server.url("")], &[], tight)).await;
    let told = "the HTTP answer has more than 99999 bytes (a limit was met: raise `response_bytes` with ";
    assert!(failure(&report).starts_with(told), "{}", failure(&report));
    let report = bench.run(get(&server.url("/")), policy(&[&server.url("")], &[], Limits::default())).await;
    assert_eq!(completed(&report)["proof"].as_str().map(str::len), Some("200 ".len() + 100_000));
}

#[tokio::test]
async fn a_request_is_sent_up_to_its_limit() {
    let (bench, server) = (Bench::new().await, hello().await);
    bench.host.set_secret("KEY", "secret");
    // The body is a placeholder of 47 bytes.
    let input = json!({ "attack": "secret-in-body", "url": server.url("/"), "secret": "KEY" });
    let secret = format!("KEY@{}", server.address);
    let tight = Limits { request_bytes: 46, ..Limits::default() };
    let report = bench.run(input.clone(), policy(&[&server.url("")], &[&secret], tight)).await;
    let told = "the HTTP request cannot be built: its body has more than the 46 bytes that the host sends \
                (a limit was met: raise `request_bytes` with ";
    assert!(failure(&report).starts_with(told), "{}", failure(&report));
    assert_eq!(server.requests().len(), 0);
    let raised = Limits { request_bytes: 47, ..Limits::default() };
    let report = bench.run(input, policy(&[&server.url("")], &[&secret], raised)).await;
    assert_eq!(completed(&report)["proof"], "200 hello");
}

#[tokio::test]
async fn the_number_of_requests_is_bounded() {
    let hops = AtomicUsize::new(0);
    let server = Server::start(move |_| match hops.fetch_add(1, Ordering::Relaxed) % 5 {
        4 => answer("200 OK", "", "the end"),
        _ => answer("302 Found", "location: /\r\n", ""),
    })
    .await;
    let bench = Bench::new().await;
    let tight = Limits { requests: 4, ..Limits::default() };
    let report = bench.run(follow(&server.url("/")), policy(&[&server.url("")], &[], tight)).await;
    assert!(
        failure(&report).contains("the job has sent 4 requests, its limit: raise `requests`"),
        "{}",
        failure(&report)
    );
    assert_eq!(retries(&report), Some(0), "the next attempt would send as many");
    assert_eq!(server.requests().len(), 4);

    let finish = bench.run(get(&server.url("/")), policy(&[&server.url("")], &[], Limits::default())).await;
    assert_eq!(completed(&finish)["proof"], "200 the end");
    let raised = Limits { requests: 5, ..Limits::default() };
    let report = bench.run(follow(&server.url("/")), policy(&[&server.url("")], &[], raised)).await;
    assert_eq!(completed(&report)["proof"], "200 the end");
}

#[tokio::test]
async fn waiting_for_a_server_ends_with_the_wall_time_and_costs_nothing() {
    // Its connections are accepted by the system, and never answered.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("it is bound"));
    let bench = Bench::new().await;
    let tight = Limits {
        wall_time: Duration::from_millis(500),
        cpu_time: Duration::from_millis(490),
        ..Limits::default()
    };
    let report = bench.run(get(&url), policy(&[&url], &[], tight)).await;
    let told = "the component ran longer than its 500 ms";
    assert!(failure(&report).starts_with(told), "{}", failure(&report));
    assert_eq!(report.requests[0].answer, Answer::Pending);
}

#[tokio::test]
async fn a_failure_of_the_network_is_told_apart_from_a_refusal() {
    let (bench, _) = rebinding().await;
    let refusing = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", refusing.local_addr().expect("it is bound"));
    drop(refusing);
    for (url, expected) in [(&*url, "Connection refused"), ("http://unknown.test", "no such name")] {
        let report = bench.run(get(url), policy(&[url], &[], Limits::default())).await;
        assert!(!failure(&report).contains("refused:"), "{}", failure(&report));
        let Answer::Failed(reason) = &report.requests[0].answer else { panic!("{:?}", report.requests) };
        assert!(reason.contains(expected), "{reason}");
        assert_eq!(report.refusals, [""; 0]);
    }
}

#[tokio::test]
async fn tls_is_spoken_with_hosts_whose_certificate_is_trusted() {
    let server = TlsServer::start(|_| answer("200 OK", "", "over TLS")).await;
    let grant = format!("localhost:{}", server.server.address.port());
    let granted = || policy(&[&grant], &[], Limits::default());

    let bench = Bench::with(server.trusted(config())).await;
    for _ in 0..2 {
        let report = bench.run(get(&server.url("/")), granted()).await;
        assert_eq!(completed(&report)["proof"], "200 over TLS");
    }
    assert_eq!(server.server.connections(), 1, "the connection is kept for the next job");

    let bench = Bench::new().await;
    let report = bench.run(get(&server.url("/")), granted()).await;
    assert!(failure(&report).contains("certificate is not valid"), "{}", failure(&report));
    assert_eq!(server.server.requests().len(), 2);
}

#[tokio::test]
async fn a_line_break_that_is_sent_makes_two_headers() {
    let server = hello().await;
    let mut stream = TcpStream::connect(server.address).await.expect("it listens");
    // What a client sends that does not look at the value `yes\r\nx-injected: yes`.
    let request = "GET / HTTP/1.1\r\nx-harmless: yes\r\nx-injected: yes\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("it is connected");
    stream.read_u8().await.expect("it answers");
    assert!(server.requests()[0].lines().any(|line| line == "x-injected: yes"));
}

#[tokio::test]
async fn a_response_with_a_long_header_is_read() {
    let headers: String = (0..90).map(|number| format!("x-{number}: {}\r\n", "x".repeat(500))).collect();
    let server = Server::start(move |_| answer("200 OK", &headers, "hello")).await;
    let report = Bench::new()
        .await
        .run(get(&server.url("/")), policy(&[&server.url("")], &[], Limits::default()))
        .await;
    assert_eq!(completed(&report)["proof"], "200 hello");
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_the_next_jobs() {
    let requests = AtomicUsize::new(0);
    let server = Server::start(move |_| match requests.fetch_add(1, Ordering::Relaxed) {
        0 => answer("200 OK", "", "first") + &answer("200 OK", "", "forged"),
        _ => answer("200 OK", "", "honest"),
    })
    .await;
    let bench = Bench::new().await;
    for expected in ["200 first", "200 honest"] {
        let report =
            bench.run(get(&server.url("/")), policy(&[&server.url("")], &[], Limits::default())).await;
        assert_eq!(completed(&report)["proof"], expected);
    }
    assert_eq!(server.connections(), 2);
}
