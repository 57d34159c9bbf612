//! What the API needs of the part that keeps components, roll-outs and secrets, and runs attempts.
//!
//! The server implements it with the sandbox and the vault, which this crate must never see; tests have their own.

mod contract;
mod rollouts;

mod attempts;
mod component;
mod error;
mod grant;
mod note;
mod secret;

pub use attempts::{AttemptEnd, AttemptFigures, OTHERS, VERSIONS_MAX, VersionFigures, WorkView};
pub use component::{ComponentView, RemovedVersion, ServedNow, Uploaded, WAITING_JOBS_COUNTED_MAX};
pub use contract::Platform;
pub use error::{ComponentProblem, PlatformError};
pub use grant::GrantChangeView;
pub use note::Note;
pub use rollouts::{
    Expected, RolloutAction, RolloutChangeView, RolloutCount, RolloutRequest, RolloutView, Rollouts,
};
pub use secret::{SecretAction, SecretChangeView, SecretView};
