//! What an uploaded file must be before it is kept.

use api::{ComponentProblem, PlatformError};
use bytes::Bytes;
use manifest::Manifest;
use sandbox::{Digest, Sandbox};

use super::causes::with_causes;
use super::refusal;
use crate::signature::{Policy, Signature};

/// A file that can be compiled, as far as can be said without compiling.
pub(super) struct Inspected {
    pub(super) manifest: Manifest,
    pub(super) digest: Digest,
    pub(super) signature: Option<Signature>,
}

/// What was sent: a file, and who vouches for it.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) bytes: Bytes,
    pub(super) signature: Option<String>,
}

/// Looks into the file; nothing of it runs.
pub(super) async fn inspect(sent: Sent, bytes_max: usize) -> Result<Inspected, PlatformError> {
    let Sent { bytes, signature } = sent;
    if bytes.len() > bytes_max {
        let message = format!("the component takes {} bytes, the limit is {bytes_max}", bytes.len());
        return Err(PlatformError::TooLarge(message));
    }
    let signature = signature.map(|text| text.parse::<Signature>()).transpose().map_err(|error| {
        PlatformError::Refused(vec![refusal::plain("INVALID_SIGNATURE", error.to_string())])
    })?;
    let inspected = tokio::task::spawn_blocking(move || -> Result<Inspected, Vec<ComponentProblem>> {
        // Whoever looks into a component goes down into its parts.
        sandbox::check_parts(&bytes)
            .map_err(|error| vec![refusal::plain("TOO_MANY_PARTS", error.to_string())])?;
        let inspection =
            manifest::inspect(&bytes).map_err(|error| vec![refusal::of_inspect_error(&error)])?;
        match (inspection.manifest, inspection.problems.as_slice()) {
            (Some(manifest), []) => Ok(Inspected { manifest, digest: Digest::of(&bytes), signature }),
            (_, problems) => Err(problems.iter().map(refusal::of_inspection).collect()),
        }
    });
    match inspected.await {
        Ok(inspected) => inspected.map_err(PlatformError::Refused),
        Err(_) => Err(PlatformError::Unavailable("the component cannot be looked into".to_owned())),
    }
}

/// Whether the operator trusts whoever vouches for the file.
pub(super) fn check_trust(policy: &Policy, inspected: &Inspected) -> Result<(), PlatformError> {
    policy.check(&inspected.digest, inspected.signature.as_ref()).map_err(|distrust| {
        PlatformError::Refused(vec![refusal::plain(distrust.code(), distrust.of_what_is_sent())])
    })
}

/// Compiles the file, which proves that it can be run.
pub(super) async fn compile(sandbox: &Sandbox, bytes: Bytes) -> Result<(), PlatformError> {
    sandbox.compile(bytes).await.map(drop).map_err(why_not_compiled)
}

fn why_not_compiled(error: sandbox::Error) -> PlatformError {
    if let Some(problem) = refusal::of_sandbox(&error) {
        return PlatformError::Refused(vec![problem]);
    }
    match error {
        sandbox::Error::CompilerBusy { .. } | sandbox::Error::CompilerStarved { .. } => {
            PlatformError::Busy(error.to_string())
        }
        sandbox::Error::TooLarge { .. } => PlatformError::TooLarge(error.to_string()),
        error => {
            tracing::error!("a component cannot be compiled: {}", with_causes(&error));
            PlatformError::Unavailable(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_compilation_without_room_is_told_from_one_that_cannot_be() {
        let starved = sandbox::Error::CompilerStarved {
            computed: Duration::from_millis(10),
            wall_time: Duration::from_secs(60),
        };
        for error in [starved, sandbox::Error::CompilerBusy { waiting: 8 }] {
            let why = why_not_compiled(error);
            assert!(matches!(why, PlatformError::Busy(_)), "{why:?}");
        }
        let why = why_not_compiled(sandbox::Error::CompilerStart(std::io::ErrorKind::StorageFull.into()));
        assert!(matches!(why, PlatformError::Unavailable(_)), "{why:?}");
    }
}
