//! Typed calls to a host.

mod components;
mod data;
mod deployments;
mod error;
mod instances;
mod rollouts;
mod secrets;

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use error::Error;
pub(crate) use instances::Start;

use error::Problem;

/// How long to wait for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long to wait for an answer that takes no work.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Talks to a host.
pub(crate) struct Client {
    http: reqwest::Client,
    url: Url,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

impl Client {
    /// A client for the host at `url`.
    pub(crate) fn new(url: Url) -> anyhow::Result<Self> {
        // An error means that there is a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).timeout(ANSWER_WITHIN);
        if is_loopback(&url) {
            // A proxy is another machine, on which this address means another host.
            http = http.no_proxy();
        }
        Ok(Self { http: http.build()?, url })
    }

    /// A request for what is named by the parts of a path.
    ///
    /// # Errors
    /// A part is a name that no URL can hold.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Error> {
        // Of a URL's path these stand for other parts, however they are escaped, and control characters are dropped.
        let is_lost = |part: &str| matches!(part, "" | "." | "..") || part.contains(char::is_control);
        if let Some(part) = path.iter().find(|part| is_lost(part)) {
            return Err(Error::NoName((*part).to_owned()));
        }
        let mut url = self.url.clone();
        url.path_segments_mut().expect("the URL was checked when it was read").pop_if_empty().extend(path);
        Ok(self.http.request(method, url))
    }

    /// The first items of a search.
    pub(crate) async fn search(
        &self,
        resource: &str,
        filter: Value,
        sort: Value,
        limit: u32,
    ) -> Result<Vec<Value>, Error> {
        let body = json!({ "filter": filter, "sort": sort, "page": { "limit": limit } });
        let request = self.request(Method::POST, &["v2", resource, "search"])?.json(&body);
        Ok(self.read::<Items<Value>>(request).await?.items)
    }

    /// Asks the host to do something that has no answer.
    pub(crate) async fn post(&self, path: &[&str], body: &impl Serialize) -> Result<(), Error> {
        self.send(self.request(Method::POST, path)?.json(body)).await?;
        Ok(())
    }

    /// Asks the host to do something, and gives its answer.
    pub(crate) async fn post_for<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.read(self.request(Method::POST, path)?.json(body)).await
    }

    /// A page of a history.
    async fn changes<C: DeserializeOwned>(
        &self,
        path: &[&str],
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<C>, Error> {
        let mut request = self.request(Method::GET, path)?.query(&[("limit", limit)]);
        if let Some(before) = before {
            request = request.query(&[("before", before)]);
        }
        Ok(self.read::<Items<C>>(request).await?.items)
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let response = self.send(request).await?;
        self.parsed(response).await
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|source| {
            if source.is_connect() {
                Error::NoHost { url: self.url.clone(), reason: innermost(&source) }
            } else {
                Error::Broken(source.without_url())
            }
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let retry_after = retry_after.map(Duration::from_secs);
        let text = response.text().await.map_err(Error::Broken)?;
        match serde_json::from_str::<Problem>(&text) {
            Ok(problem) => Err(Error::Refused(Problem { status: status.as_u16(), retry_after, ..problem })),
            Err(_) => Err(self.unexpected(anyhow::anyhow!("status {}", shown(status)))),
        }
    }

    async fn parsed<T: DeserializeOwned>(&self, response: Response) -> Result<T, Error> {
        let text = response.text().await.map_err(Error::Broken)?;
        serde_json::from_str(&text).map_err(|error| self.unexpected(error))
    }

    fn unexpected(&self, source: impl Into<anyhow::Error>) -> Error {
        Error::Unexpected { url: self.url.clone(), source: source.into() }
    }
}

/// Whether a URL names this very machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// What an error comes from in the end.
fn innermost(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error).to_string()
}

fn shown(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_behind_the_hosts_own_and_names_are_escaped() -> anyhow::Result<()> {
        for base in ["http://localhost:8080", "http://localhost:8080/"] {
            let client = Client::new(base.parse()?)?;
            let request = client.request(Method::GET, &["v2", "a/b?c"])?.build()?;
            assert_eq!(request.url().as_str(), "http://localhost:8080/v2/a%2Fb%3Fc");
        }
        let client = Client::new("http://localhost:8080".parse()?)?;
        for (name, escaped) in [("%2e%2e", "%252e%252e"), ("%2F", "%252F"), ("a\\b", "a%5Cb"), ("...", "...")]
        {
            let request = client.request(Method::GET, &["v2", name])?.build()?;
            assert_eq!(request.url().path(), format!("/v2/{escaped}"), "{name}");
        }
        for name in ["", ".", "..", "a\nb"] {
            let request = client.request(Method::PUT, &["fermata", "v1", "rollouts", name]);
            assert!(matches!(&request, Err(Error::NoName(told)) if told == name), "{name}");
        }
        let client = Client::new("https://example.com/fermata/".parse()?)?;
        let request = client.request(Method::GET, &["v2"])?.build()?;
        assert_eq!(request.url().as_str(), "https://example.com/fermata/v2");
        Ok(())
    }

    #[test]
    fn this_machine_is_told_from_others() -> anyhow::Result<()> {
        for (url, expected) in [
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:8080", true),
            ("http://fermata.example", false),
            ("http://192.0.2.7", false),
            ("http://[2001:db8::1]", false),
        ] {
            assert_eq!(is_loopback(&url.parse()?), expected, "{url}");
        }
        Ok(())
    }
}
