//! The server on real sockets.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::support::Host;

async fn send(address: std::net::SocketAddr, method: &str, path: &str, body: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

async fn answer(mut socket: TcpStream) -> String {
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_shutdown_answers_those_who_wait() {
    let host = Host::start().await;
    host.deploy_order().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (shut_down, begun) = oneshot::channel::<()>();
    let server = tokio::spawn(fermata_api::serve(listener, host.router.clone(), async {
        let _ = begun.await;
    }));
    assert!(answer(send(address, "GET", "/v2/topology", "").await).await.starts_with("HTTP/1.1 200"));

    let poll = json!({"type": "x", "timeout": 1, "maxJobsToActivate": 1, "requestTimeout": 3_600_000});
    let poll = send(address, "POST", "/v2/jobs/activation", &poll.to_string()).await;
    let awaited =
        json!({"processDefinitionId": "order", "awaitCompletion": true, "requestTimeout": 3_600_000});
    let awaited = send(address, "POST", "/v2/process-instances", &awaited.to_string()).await;
    // Both are at work: the instance is there, and what came before it on the same host was taken up before.
    while host.post("/v2/process-instances/search", json!({})).await.items().is_empty() {
        tokio::task::yield_now().await;
    }
    shut_down.send(()).unwrap();

    let poll = answer(poll).await;
    assert!(poll.starts_with("HTTP/1.1 200") && poll.ends_with(r#"{"jobs":[]}"#), "{poll}");
    let awaited = answer(awaited).await;
    assert!(awaited.starts_with("HTTP/1.1 503"), "{awaited}");
    assert!(awaited.contains("the host is shutting down: an instance that was started goes on"), "{awaited}");
    tokio::time::timeout(Duration::from_secs(60), server).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_client_that_sends_too_much_gets_to_read_why() {
    let host = Host::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(fermata_api::serve(listener, host.router.clone(), std::future::pending()));
    let body = "x".repeat(3 * fermata_api::JSON_BODY_BYTES_MAX);
    let answer = answer(send(address, "POST", "/v2/process-instances", &body).await).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
    server.abort();
}
