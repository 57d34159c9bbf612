//! Secrets.

use api::{SecretChangeView, SecretView};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, Error, Items};

impl Client {
    /// All secrets, without their values.
    pub(crate) async fn secrets(&self) -> Result<Vec<SecretView>, Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "secrets"])?;
        Ok(self.read::<Items<SecretView>>(request).await?.items)
    }

    /// Creates or replaces a secret; gives its version.
    pub(crate) async fn put_secret(&self, name: &str, value: &str, reason: &str) -> Result<u64, Error> {
        let body = json!({ "value": value, "reason": reason });
        let request = self.request(Method::PUT, &["fermata", "v1", "secrets", name])?.json(&body);
        let answer: Value = self.read(request).await?;
        Ok(answer["version"].as_u64().unwrap_or_default())
    }

    /// Removes a secret.
    pub(crate) async fn delete_secret(&self, name: &str, reason: &str) -> Result<(), Error> {
        let request = self.request(Method::DELETE, &["fermata", "v1", "secrets", name])?;
        self.send(request.query(&[("reason", reason)])).await?;
        Ok(())
    }

    /// The last changes of a secret, from before a revision.
    pub(crate) async fn secret_history(
        &self,
        name: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SecretChangeView>, Error> {
        self.changes(&["fermata", "v1", "secrets", name, "history"], before, limit).await
    }
}
