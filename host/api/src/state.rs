//! What the handlers work with.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::platform::Platform;

/// What the handlers work with. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// Commands and reads.
    pub handle: runtime::Handle,
    /// Components, grants and secrets.
    pub platform: Arc<dyn Platform>,
    /// The host's version, for the topology.
    pub version: &'static str,
    /// The address that the host listens on, for the topology.
    pub listen: SocketAddr,
}
