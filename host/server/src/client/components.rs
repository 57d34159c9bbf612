//! Components, and what they are granted.

use std::time::Duration;

use api::{ComponentView, GrantChangeView, RemovedVersion, SIGNATURE_HEADER, Uploaded};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH};
use reqwest::{Body, Method};
use serde_json::Value;

use super::{Client, Error, Items};

/// How long an upload may take: a large component compiles for a while.
const UPLOAD_WITHIN: Duration = Duration::from_secs(600);

impl Client {
    /// Uploads a component; `content` has `bytes` bytes.
    pub(crate) async fn upload(
        &self,
        content: Body,
        bytes: usize,
        signature: Option<String>,
    ) -> Result<Uploaded, Error> {
        let mut request = self
            .request(Method::POST, &["fermata", "v1", "components"])?
            .header(CONTENT_TYPE, "application/wasm")
            .header(CONTENT_LENGTH, bytes)
            .timeout(UPLOAD_WITHIN)
            .body(content);
        if let Some(signature) = signature {
            request = request.header(SIGNATURE_HEADER, signature);
        }
        self.read(request).await
    }

    /// All components, those uploaded last first.
    pub(crate) async fn components(&self) -> Result<Vec<ComponentView>, Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "components"])?;
        Ok(self.read::<Items<ComponentView>>(request).await?.items)
    }

    /// Removes a version of a component.
    pub(crate) async fn delete_component(
        &self,
        name: &str,
        version: &str,
        reason: &str,
    ) -> Result<RemovedVersion, Error> {
        let request = self.request(Method::DELETE, &["fermata", "v1", "components", name, version])?;
        self.read(request.query(&[("reason", reason)])).await
    }

    /// What a component is granted, and the tag by which [`put_grant`](Self::put_grant) knows it again.
    pub(crate) async fn grant(&self, component: &str) -> Result<(Value, Option<HeaderValue>), Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "grants", component])?;
        let response = self.send(request).await?;
        let tag = response.headers().get(ETAG).cloned();
        Ok((self.parsed(response).await?, tag))
    }

    /// Replaces what a component is granted; with a tag only if it is still what it was.
    pub(crate) async fn put_grant(
        &self,
        component: &str,
        grant: &Value,
        expected: Option<HeaderValue>,
    ) -> Result<(), Error> {
        let mut request = self.request(Method::PUT, &["fermata", "v1", "grants", component])?.json(grant);
        if let Some(tag) = expected {
            request = request.header(IF_MATCH, tag);
        }
        self.send(request).await?;
        Ok(())
    }

    /// The last changes of what a component is granted, from before a revision.
    pub(crate) async fn grant_history(
        &self,
        component: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<GrantChangeView>, Error> {
        self.changes(&["fermata", "v1", "grants", component, "history"], before, limit).await
    }
}
