//! `fetch` of JavaScript in a component, which the SDK has in place of the engine's own: it is what the web's is, but
//! for redirects, which are answers, and for errors, which say why.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use scaffold::Language;
use serde_json::{Value, json};

use crate::errors::closed_port;
use crate::probe::Probe;
use crate::service::Service;

/// More than one piece of a body, and no whole number of them.
const LARGE_BYTES: u64 = (1 << 20) + 1;

/// The probe, and the service that it calls.
struct Fetch {
    probe: Probe,
    address: SocketAddr,
}

/// Sends and reads everything that `fetch` can.
pub(crate) async fn is_that_of_the_web() -> anyhow::Result<()> {
    let (_service, address) = Service::start().await?;
    let fetch = Fetch { probe: Probe::new(Language::Js, address)?, address };
    fetch.sends_every_method().await.context("methods")?;
    fetch.sends_headers().await.context("headers")?;
    fetch.sends_every_kind_of_body().await.context("bodies")?;
    fetch.answers_with_any_status().await.context("statuses")?;
    fetch.answers_with_headers().await.context("headers of answers")?;
    fetch.reads_a_body_in_every_way_and_once().await.context("reading")?;
    fetch.throws_errors_of_a_kind().await.context("errors")?;
    fetch.ends_with_its_signal().await.context("signals")?;
    fetch.waits_for_many_answers_at_once().await.context("many at once")
}

impl Fetch {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn run(&self, variables: Value, options: &[String]) -> anyhow::Result<Value> {
        let told = self.probe.run(&variables, options).await?;
        ensure!(told["outcome"]["kind"] == "completed", "{told:#}");
        Ok(told["outcome"]["variables"].clone())
    }

    /// What `fetch` tells of a request's answer.
    async fn told(&self, url: &str, sent: Value) -> anyhow::Result<Value> {
        self.run(json!({ "case": "fetch", "url": url, "sent": sent }), &[]).await
    }

    /// What the service has got.
    async fn echo(&self, sent: Value) -> anyhow::Result<Value> {
        let told = self.told(&self.url("/echo"), sent).await?;
        ensure!(told["status"] == 200, "{told:#}");
        let text = told["text"].as_str().context("no text")?;
        serde_json::from_str(text).with_context(|| format!("{told:#}"))
    }

    async fn sends_every_method(&self) -> anyhow::Result<()> {
        for (method, sent) in [
            ("GET", "GET"),
            ("post", "POST"),
            ("PUT", "PUT"),
            ("PATCH", "PATCH"),
            ("DELETE", "DELETE"),
            ("OPTIONS", "OPTIONS"),
            ("PROPFIND", "PROPFIND"),
        ] {
            let echo = self.echo(json!({ "method": method })).await?;
            ensure!(echo["method"] == sent && echo["bytes"] == 0, "{method}: {echo:#}");
        }
        let head = self.told(&self.url("/echo"), json!({ "method": "HEAD" })).await?;
        ensure!(head["status"] == 200 && head["text"] == "", "{head:#}");
        ensure!(header(&head, "x-method") == ["HEAD"], "{head:#}");
        for (method, kind) in [("CONNECT", "refused"), ("TRACE", "refused"), ("G T", "invalid-request")] {
            let told = self.told(&self.url("/echo"), json!({ "method": method })).await?;
            ensure!(told["thrown"]["kind"] == kind, "{method}: {told:#}");
        }
        Ok(())
    }

    async fn sends_headers(&self) -> anyhow::Result<()> {
        let headers = json!([["X-One", "1"], ["x-many", "a"], ["X-Many", "b"]]);
        let echo = self.echo(json!({ "headers": headers })).await?;
        let got = &echo["headers"];
        ensure!(got["x-one"] == "1" && got["x-many"] == "a, b", "{echo:#}");
        for (name, value) in [("x-bad", "a\r\nb: c"), ("bad name", "x")] {
            let sent = json!({ "headers": [[name, value]] });
            let thrown = &self.told(&self.url("/echo"), sent).await?["thrown"];
            ensure!(thrown["kind"] == "invalid-request", "{name}: {thrown:#}");
        }
        Ok(())
    }

    async fn sends_every_kind_of_body(&self) -> anyhow::Result<()> {
        let bytes: String = (0..=255_u8).map(char::from).collect();
        for (kind, body, content_type, text) in [
            (Value::Null, "gr\u{fc}n", Some("text/plain;charset=UTF-8"), "gr\u{c3}\u{bc}n"),
            (json!("bytes"), &bytes, None, bytes.as_str()),
            (json!("buffer"), &bytes, None, &bytes),
            (json!("stream"), &bytes, None, &bytes),
            (json!("blob"), &bytes, Some("application/pdf"), &bytes),
            (json!("request"), "a", Some("text/plain;charset=UTF-8"), "a"),
            (
                json!("params"),
                "a=b c&d=\u{e9}",
                Some("application/x-www-form-urlencoded;charset=UTF-8"),
                "a=b+c&d=%C3%A9",
            ),
        ] {
            let mut sent = json!({ "method": "POST", "body": body });
            if !kind.is_null() {
                sent["as"] = kind.clone();
            }
            let echo = self.echo(sent).await.with_context(|| format!("a body as {kind}"))?;
            ensure!(echo["text"] == text, "{kind}: {echo:#}");
            ensure!(echo["bytes"] == text.chars().count(), "{kind}: {echo:#}");
            ensure!(echo["headers"]["content-type"].as_str() == content_type, "{kind}: {echo:#}");
            let length = text.chars().count().to_string();
            ensure!(echo["headers"]["content-length"] == length.as_str(), "{kind}: {echo:#}");
        }
        for kind in ["bytes", "stream"] {
            let sent = json!({ "method": "PUT", "body": "\u{7}", "times": LARGE_BYTES, "as": kind });
            let echo = self.echo(sent).await?;
            ensure!(echo["bytes"] == LARGE_BYTES && echo["sum"] == 7 * LARGE_BYTES, "{kind}: {echo:#}");
        }
        let sent = json!({ "method": "GET", "body": "a" });
        let thrown = &self.told(&self.url("/echo"), sent).await?["thrown"];
        ensure!(thrown["kind"] == "invalid-request", "{thrown:#}");
        Ok(())
    }

    async fn answers_with_any_status(&self) -> anyhow::Result<()> {
        for status in [200, 201, 299, 400, 404, 429, 500, 503, 599] {
            let url = self.url(&format!("/status/{status}"));
            let told = self.told(&url, json!({})).await?;
            ensure!(told["status"] == status && told["ok"] == (200..300).contains(&status), "{told:#}");
            ensure!(told["text"] == format!("body of {status}") && told["from"] == url, "{told:#}");
        }
        for status in [204, 205, 304] {
            let told = self.told(&self.url(&format!("/status/{status}")), json!({})).await?;
            ensure!(told["status"] == status && told["empty"] == true && told["text"] == "", "{told:#}");
        }
        let told = self.told(&self.url("/redirect"), json!({})).await?;
        ensure!(told["status"] == 302 && told["redirected"] == false && told["ok"] == false, "{told:#}");
        ensure!(header(&told, "location") == ["/text"] && told["text"] == "elsewhere", "{told:#}");
        ensure!(told["from"] == self.url("/redirect"), "{told:#}");
        Ok(())
    }

    async fn answers_with_headers(&self) -> anyhow::Result<()> {
        let told = self.told(&self.url("/headers"), json!({})).await?;
        ensure!(header(&told, "set-cookie") == ["a=1", "b=2"], "{told:#}");
        ensure!(header(&told, "x-many") == ["one, two"], "{told:#}");
        Ok(())
    }

    async fn reads_a_body_in_every_way_and_once(&self) -> anyhow::Result<()> {
        let told = self.run(json!({ "case": "read", "url": self.url("/json") }), &[]).await?;
        let text = r#"{"ä":[1]}"#;
        ensure!(told["text"] == text && told["json"] == json!({ "ä": [1] }), "{told:#}");
        for way in ["buffer", "stream", "blob"] {
            ensure!(told[way] == json!(text.as_bytes()), "{way}: {told:#}");
        }
        ensure!(told["used"] == json!([false, true]), "{told:#}");
        for again in ["again", "json_again"] {
            ensure!(told[again]["name"] == "TypeError", "{told:#}");
        }
        Ok(())
    }

    async fn throws_errors_of_a_kind(&self) -> anyhow::Result<()> {
        let closed = closed_port()?;
        let place = closed.trim_start_matches("http://").trim_end_matches('/');
        for (url, kind, says) in [
            ("http://127.0.0.1:9/", "refused", "the host does not send this request: GET 127.0.0.1:9"),
            (&closed, "connect", &format!("{place}: it refuses connections")),
            (&self.url("/large"), "too-large", "bytes"),
            (&self.url("/broken"), "protocol", "failed"),
            ("ftp://127.0.0.1/", "invalid-request", "neither http nor https"),
            (
                "http://me:secret@127.0.0.1/",
                "invalid-request",
                "its URL carries credentials; send them in a header",
            ),
            ("/path", "invalid-request", "the HTTP request cannot be built: "),
        ] {
            let asked = json!({ "case": "fetch", "url": url, "sent": {} });
            let told =
                self.run(asked, &["--host".to_owned(), closed.trim_end_matches('/').to_owned()]).await?;
            let thrown = &told["thrown"];
            ensure!(thrown["kind"] == kind, "{url}: {told:#}");
            let message = thrown["message"].as_str().unwrap_or_default();
            ensure!(message.contains(says) && !message.contains("secret"), "{url}: {told:#}");
        }
        Ok(())
    }

    async fn ends_with_its_signal(&self) -> anyhow::Result<()> {
        let late = self.url("/late");
        for is_in_request in [false, true] {
            let sent = |mut sent: Value| {
                sent["inRequest"] = is_in_request.into();
                self.told(&late, sent)
            };
            let told = sent(json!({ "timeoutMs": 50 })).await?;
            let thrown = &told["thrown"];
            ensure!(thrown["name"] == "TimeoutError" && thrown["kind"] == "timeout", "{told:#}");
            let message = format!("the HTTP host {} did not answer in time", self.address);
            ensure!(thrown["message"] == message, "{told:#}");
            // Before it is sent, and while it waits.
            for after_ms in [0, 50] {
                let told = sent(json!({ "abortMs": after_ms })).await?;
                ensure!(told["thrown"]["message"] == "nobody waits for it any more", "{told:#}");
            }
        }
        let told = self.told(&self.url("/text"), json!({ "timeoutMs": 10_000 })).await?;
        ensure!(told["text"] == "<html>", "{told:#}");
        Ok(())
    }

    async fn waits_for_many_answers_at_once(&self) -> anyhow::Result<()> {
        let told = self.run(json!({ "case": "together", "url": self.url("/text") }), &[]).await?;
        ensure!(told == json!({ "statuses": vec![200; 8] }), "{told:#}");
        Ok(())
    }
}

/// The values of a header in an answer.
fn header(told: &Value, name: &str) -> Vec<String> {
    let pairs = told["headers"].as_array().into_iter().flatten();
    let named = pairs.filter(|pair| pair[0] == name);
    named.filter_map(|pair| pair[1].as_str().map(str::to_owned)).collect()
}
