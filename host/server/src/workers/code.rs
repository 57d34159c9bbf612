//! The code of one version: where it comes from when it is needed.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sandbox::{Component, Digest};
use store::Store;
use types::TenantId;

use super::catalog::{Origin, Version};
use super::registry::Surroundings;
use crate::signature::{Distrust, Signature};

/// The code of one version. The sandbox keeps it in memory, as long as there is room.
pub(crate) struct Code {
    digest: Digest,
    source: Arc<Source>,
    signature: Option<Signature>,
    /// Whether the operator trusts it, which is found out once.
    trust: OnceLock<Result<(), Distrust>>,
}

/// Why a version has no code to run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// It is not trusted any more, or never was: the configuration may have changed since it was uploaded.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// The sandbox cannot take it.
    #[error(transparent)]
    Sandbox(#[from] Arc<sandbox::Error>),
}

/// Where the bytes are, should they have to be compiled again.
enum Source {
    Store { tenant: TenantId, name: String, version: String },
    File(PathBuf),
}

/// Why a version's bytes are not to be had.
#[derive(Debug, thiserror::Error)]
enum BytesError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("it was deleted")]
    Deleted,
    #[error("{path} cannot be read: {source}")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
}

impl Code {
    /// The code of `version`. Nothing is loaded.
    pub(crate) fn new(version: &Version) -> Self {
        let source = match &version.origin {
            Origin::Uploaded { .. } => Source::Store {
                tenant: version.tenant.clone(),
                name: version.name().to_owned(),
                version: version.manifest.version.to_string(),
            },
            Origin::Prebuilt { path } => Source::File(path.clone()),
        };
        Self {
            digest: version.digest,
            source: Arc::new(source),
            signature: version.signature().cloned(),
            trust: OnceLock::new(),
        }
    }

    /// The code, if it is there within `patience`. Callers that come while it is loaded wait for it;
    /// after a failure the next one tries again.
    pub(crate) async fn load(
        &self,
        surroundings: &Surroundings,
        patience: Duration,
    ) -> Result<Component, LoadError> {
        self.trust(surroundings)?;
        let (source, store) = (Arc::clone(&self.source), Arc::clone(&surroundings.store));
        let bytes = move || async move { source.read(&*store).await };
        Ok(surroundings.sandbox.load(&self.digest, patience, bytes).await?)
    }

    /// Makes sure that no job has to wait for a compiler. What is compiled already is not looked at.
    pub(crate) async fn compile_ahead(&self, surroundings: &Surroundings) -> Result<(), LoadError> {
        self.trust(surroundings)?;
        let Surroundings { sandbox, store, .. } = surroundings;
        let compiled = sandbox.compile_ahead(&self.digest, || self.source.read(&**store)).await;
        compiled.map_err(|error| Arc::new(error).into())
    }

    fn trust(&self, surroundings: &Surroundings) -> Result<(), Distrust> {
        let check = || match *self.source {
            Source::Store { .. } => surroundings.signatures.check(&self.digest, self.signature.as_ref()),
            Source::File(_) => Ok(()),
        };
        self.trust.get_or_init(check).clone()
    }
}

impl Source {
    async fn read(&self, store: &dyn Store) -> Result<Vec<u8>, BytesError> {
        match self {
            Self::Store { tenant, name, version } => {
                let component = store.component(tenant, name, version).await?.ok_or(BytesError::Deleted)?;
                Ok(component.bytes)
            }
            Self::File(path) => tokio::fs::read(path)
                .await
                .map_err(|source| BytesError::File { path: path.display().to_string(), source }),
        }
    }
}
