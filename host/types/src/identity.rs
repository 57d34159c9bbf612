//! Who acts, and for which tenant.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::fmt;

use crate::SharedStr;

/// A tenant's id. Part of every unique key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct TenantId(#[n(0)] SharedStr);

impl TenantId {
    /// Camunda's id of the one tenant that exists while multi-tenancy is off.
    pub const DEFAULT: &'static str = "<default>";

    /// A tenant's id as received.
    pub fn new(id: impl Into<SharedStr>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who sent a command: a user, a client, a component, or the host itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Actor(#[n(0)] SharedStr);

impl Actor {
    /// A client that did not authenticate, because the host does not ask for it.
    pub const ANONYMOUS: &'static str = "anonymous";
    /// The host itself: timers, time-outs, recovery.
    pub const HOST: &'static str = "host";

    /// An actor's name as received.
    pub fn new(name: impl Into<SharedStr>) -> Self {
        Self(name.into())
    }

    /// The host itself.
    pub fn host() -> Self {
        Self::new(Self::HOST)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Actor {
    fn default() -> Self {
        Self::new(Self::ANONYMOUS)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
