//! Where the running job stands: its attempt, its time and its place in the process.

use std::time::Duration;

use crate::{host, time};

/// The number of this attempt, from 1.
pub fn attempt() -> u32 {
    host::attempt()
}

/// How many attempts are left if this one fails; 0 means that a failure raises an incident.
pub fn retries_left() -> u32 {
    host::retries_left()
}

/// When this attempt is over at the latest, as time since 1970-01-01T00:00:00Z.
/// The host may stop it earlier, for computing too long.
pub fn deadline() -> Duration {
    Duration::from_millis(host::deadline_ms())
}

/// How long this attempt may still run.
pub fn time_left() -> Duration {
    deadline().saturating_sub(time::unix())
}

/// The key of the process instance, a decimal number.
pub fn process_instance_key() -> String {
    host::process_instance_key()
}

/// The key of the deployed process version, a decimal number.
pub fn process_definition_key() -> String {
    host::process_definition_key()
}

/// The id of the process in its model.
pub fn process_definition_id() -> String {
    host::process_definition_id()
}

/// The version of the process, from 1.
pub fn process_definition_version() -> u32 {
    host::process_definition_version()
}

/// The id of the task in its model.
pub fn element_id() -> String {
    host::element_id()
}

/// The key of this run through the task, a decimal number.
pub fn element_instance_key() -> String {
    host::element_instance_key()
}

/// The tenant that owns the process instance; `<default>` without multi-tenancy.
pub fn tenant_id() -> String {
    host::tenant_id()
}
