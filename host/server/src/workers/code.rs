//! The compiled code of one version, loaded when it is first needed.

use std::path::PathBuf;

use sandbox::{Component, Digest, Sandbox};
use store::Store;
use tokio::sync::OnceCell;
use types::TenantId;

use super::catalog::{Origin, Version};

/// The compiled code of one version, loaded when it is first needed.
pub(crate) struct Code {
    digest: Digest,
    source: Source,
    loaded: OnceCell<Component>,
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
    /// Code that is not loaded yet, or that has just been compiled.
    pub(crate) fn new(version: &Version, loaded: Option<Component>) -> Self {
        let source = match &version.origin {
            Origin::Uploaded { .. } => Source::Store {
                tenant: version.tenant.clone(),
                name: version.name().to_owned(),
                version: version.manifest.version.to_string(),
            },
            Origin::Prebuilt { path } => Source::File(path.clone()),
        };
        Self { digest: version.digest, source, loaded: OnceCell::new_with(loaded) }
    }

    /// Whether a job need not wait for it.
    pub(crate) fn is_loaded(&self) -> bool {
        self.loaded.initialized()
    }

    /// The code. Callers that come while it is loaded wait for it; after a failure the next one tries again.
    pub(crate) async fn load(
        &self,
        sandbox: &Sandbox,
        store: &dyn Store,
    ) -> Result<&Component, sandbox::Error> {
        self.loaded.get_or_try_init(|| sandbox.load(&self.digest, || self.source.read(store))).await
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
