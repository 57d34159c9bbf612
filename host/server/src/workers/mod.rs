//! Components: which there are, which serves what, what each may do, and running jobs in them.
//!
//! The catalog knows the versions and decides who serves a job type; [`Registry`] gives the runtime the component for
//! a job, and [`Workers`] answers the API and keeps both in step with the store. Code is compiled at upload and loaded
//! from the sandbox's cache at a start, in the background: no job waits for a compiler, except the first after an
//! upgrade of the host.

mod catalog;
mod change;
mod platform;
mod registry;

mod grant;
mod prebuilt;
mod upload;
mod wanted;

mod attempt;
mod causes;
mod code;
mod models;
mod worker;

pub(crate) use grant::Grant;
pub(crate) use models::ModelSecrets;
pub(crate) use platform::Workers;
pub(crate) use prebuilt::{Prebuilt, ReadError};
pub(crate) use registry::{Registry, Surroundings};
pub(crate) use wanted::missing as missing_grants;

#[cfg(test)]
mod tests;
