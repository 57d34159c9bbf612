//! The HTTP API: Camunda 8's REST API v2 under `/v2`, Fermata's own resources under `/fermata/v1`.
//!
//! Commands go to [`runtime::Handle`], and reads to its store after the commit, so that a caller sees what it has written.
//! What goes wrong is answered as RFC 9457 `application/problem+json`, always.
//!
//! Must never depend on: sqlx, wasmtime, the sandbox.

mod router;
mod serve;
mod state;

mod bodies;
mod front;
mod guard;

mod platform;
pub mod time;

mod topology;

mod batch_operations;
mod conditionals;
mod correlated_messages;
mod decisions;
mod deployments;
mod element_instances;
mod forms;
mod incidents;
mod instances;
mod jobs;
mod message_subscriptions;
mod messages;
mod process_definitions;
mod process_instances;
mod signals;
mod user_tasks;
mod variables;

mod async_processes;
mod attempts;
mod backup;
mod changes;
mod components;
mod grants;
mod history;
mod open_jobs;
mod resources;
mod restoration;
mod rollouts;
mod rows_set_aside;
mod secrets;

mod extract;
mod limits;
mod list;
mod metrics;
mod problem;
mod search;

pub use backup::TAKEN_AT;
pub use components::SIGNATURE_HEADER;
pub use history::{HistoryError, HistoryLines};
pub use limits::{
    COMPONENT_BYTES_MAX, DEPLOYMENT_BYTES_MAX, DEPLOYMENT_FILE_BYTES_MAX, DEPLOYMENT_FILES_MAX,
    JSON_BODY_BYTES_MAX, REQUEST_TIMEOUT_MAX,
};
pub use platform::{
    AttemptEnd, AttemptFigures, ComponentProblem, ComponentView, Expected, GrantChangeView, Note, OTHERS,
    Platform, PlatformError, RemovedVersion, RolloutAction, RolloutChangeView, RolloutCount, RolloutRequest,
    RolloutView, Rollouts, SecretAction, SecretChangeView, SecretView, ServedNow, Uploaded, VERSIONS_MAX,
    VersionFigures, WAITING_JOBS_COUNTED_MAX, WorkView,
};
pub use restoration::{JobsView, OutlookView, RestorationView, Resumption};
pub use router::router;
pub use serve::serve;
pub use state::ApiState;
