//! What an uploaded file must be before it is kept.

use api::PlatformError;
use bytes::Bytes;
use manifest::Manifest;
use sandbox::{Component, Digest, Sandbox};

use super::causes::with_causes;

/// A file that can be compiled, as far as can be said without compiling.
pub(super) struct Inspected {
    pub(super) manifest: Manifest,
    pub(super) digest: Digest,
}

/// Looks into the file; nothing of it runs.
pub(super) async fn inspect(bytes: Bytes, bytes_max: usize) -> Result<Inspected, PlatformError> {
    if bytes.len() > bytes_max {
        let message = format!("the component takes {} bytes, the limit is {bytes_max}", bytes.len());
        return Err(PlatformError::TooLarge(message));
    }
    let inspected = tokio::task::spawn_blocking(move || {
        let inspection = manifest::inspect(&bytes).map_err(|error| error.to_string())?;
        match (inspection.manifest, inspection.problems.as_slice()) {
            (Some(manifest), []) => Ok(Inspected { manifest, digest: Digest::of(&bytes) }),
            (_, problems) => Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        }
    });
    match inspected.await {
        Ok(inspected) => inspected.map_err(|problem| refused(&problem)),
        Err(_) => Err(refused("it cannot be read")),
    }
}

/// Compiles the file, which proves that it can be run.
pub(super) async fn compile(sandbox: &Sandbox, bytes: Bytes) -> Result<Component, PlatformError> {
    sandbox.compile(bytes).await.map_err(|error| match error {
        sandbox::Error::Cache { .. } | sandbox::Error::Interrupted | sandbox::Error::Unavailable(_) => {
            tracing::error!("a component cannot be compiled: {}", with_causes(&error));
            PlatformError::Unavailable(error.to_string())
        }
        sandbox::Error::TooLarge { .. } => PlatformError::TooLarge(error.to_string()),
        error => refused(&error.to_string()),
    })
}

fn refused(problem: &str) -> PlatformError {
    PlatformError::Invalid(format!("the component is refused: {problem}"))
}
