//! A host's data as a whole: history, backup, and going on after a restoration.

use std::time::Duration;

use api::{RestorationView, Resumption};
use futures_util::{Stream, TryStreamExt as _};
use reqwest::{Method, Response};
use types::Timestamp;

use super::{Client, Error};

/// How long an export may take.
const EXPORT_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a backup may take. The host gives up one that nobody takes.
const BACKUP_WITHIN: Duration = Duration::from_secs(7 * 24 * 3_600);

impl Client {
    /// The history of finished instances as NDJSON, as it comes.
    pub(crate) async fn export(
        &self,
        process: Option<&str>,
        ended_before: Option<&str>,
    ) -> Result<Response, Error> {
        let wanted = [("processDefinitionId", process), ("endedBefore", ended_before)];
        let wanted: Vec<_> =
            wanted.iter().filter_map(|(name, value)| value.map(|value| (*name, value))).collect();
        let request = self.request(Method::GET, &["fermata", "v1", "history"])?.query(&wanted);
        self.send(request.timeout(EXPORT_WITHIN)).await
    }

    /// The host's database as of now: the moment by the host's clock, the length, and the bytes as they come.
    pub(crate) async fn backup(
        &self,
    ) -> Result<(Timestamp, u64, impl Stream<Item = Result<Vec<u8>, Error>> + Send + use<>), Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "backup"])?.timeout(BACKUP_WITHIN);
        let response = self.send(request).await?;
        let taken_at = response.headers().get(api::TAKEN_AT).and_then(|value| value.to_str().ok());
        let taken_at = api::time::parse(taken_at.unwrap_or_default())
            .map_err(|error| self.unexpected(anyhow::Error::new(error).context("a backup of no moment")))?;
        let length = response.content_length();
        let length = length.ok_or_else(|| self.unexpected(anyhow::anyhow!("a backup of no length")))?;
        Ok((taken_at, length, response.bytes_stream().map_ok(Vec::from).map_err(Error::Broken)))
    }

    /// What a host has before it, and whether it waits to be told to go on.
    pub(crate) async fn restoration(&self) -> Result<RestorationView, Error> {
        self.read(self.request(Method::GET, &["fermata", "v1", "restoration"])?).await
    }

    /// Lets a host go on that waits to be told.
    pub(crate) async fn resume(&self) -> Result<Resumption, Error> {
        self.read(self.request(Method::POST, &["fermata", "v1", "resumption"])?).await
    }
}
