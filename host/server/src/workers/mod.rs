//! Components: which there are, which serves what, what each may do, and running jobs in them.
//!
//! The catalog knows the versions, and a roll-out says which of them serve a job type; [`Registry`] gives the runtime the
//! component for an attempt, and [`Workers`] answers the API and keeps both in step with the store. Code is compiled at
//! upload, by a child process, and loaded from the sandbox's cache at a start, in the background, as far as there is room
//! for it: no job waits for a compiler, except the first after an upgrade of the host.

mod catalog;
mod change;
mod platform;
mod registry;
mod rollout;
mod serving;

mod grant;
mod prebuilt;
pub(crate) mod refusal;
mod settings;
mod upload;
mod wanted;

mod attempt;
mod causes;
mod code;
mod kept;
mod let_down;
mod meter;
mod models;
mod worker;

pub(crate) use grant::Grant;
pub(crate) use models::ModelSecrets;
pub(crate) use platform::Workers;
pub(crate) use prebuilt::{Prebuilt, ReadError};
pub(crate) use registry::{Registry, Surroundings};
pub(crate) use rollout::{Guard, Label, Pin, Plan, Process, Share, SplitBy};
pub(crate) use settings::ComponentSettings;
pub(crate) use wanted::{Wishes, missing as missing_grants, unset, wishes};

#[cfg(test)]
mod tests;
