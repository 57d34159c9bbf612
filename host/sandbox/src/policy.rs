//! What one component may do, as its operator decided.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Command, Grants, Limits};

/// What one component may do, as its operator decided. The default computes within safe limits and reaches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// The component's name, for messages that tell the operator what to grant.
    pub component: String,
    /// What one job may use.
    pub limits: Limits,
    /// Where the component may connect to, and which secrets it may use there.
    pub grants: Grants,
    /// Settings that are not secret; the component reads them through `wasi:config`.
    pub settings: BTreeMap<String, String>,
    /// Settings that the component wants and that have no value: a failure that names one tells how to set it.
    #[serde(skip)]
    pub unset_settings: Vec<String>,
    /// The command whose options messages name.
    #[serde(skip)]
    pub command: Command,
}
