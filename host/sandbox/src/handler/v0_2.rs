//! `fermata:worker@0.2.0`, which the host speaks itself.

use wasmtime::component::InstancePre;

use super::{Answer, check_handle};
use crate::bindings::v0_2::fermata::worker::jobs;
use crate::host::JobState;

/// The export that makes a component a worker of this version.
pub(super) const EXPORT: &str = "fermata:worker/handler@0.2.0";

/// The types have no functions.
impl jobs::Host for JobState {}

pub(super) fn check(linked: &InstancePre<JobState>) -> wasmtime::Result<()> {
    check_handle::<(&jobs::Job,), (Answer,)>(linked, EXPORT)
}
