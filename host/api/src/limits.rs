//! Bounds on what a request may bring and how long it may wait.

use std::time::Duration;

/// The largest JSON body, in bytes: variables at their limit, and what stands around them.
pub const JSON_BODY_BYTES_MAX: usize = types::VARIABLES_BYTES_MAX + ENVELOPE_BYTES_MAX;
/// What may stand around the variables in a JSON body, in bytes.
const ENVELOPE_BYTES_MAX: usize = 256 << 10;

/// The largest component, in bytes.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;

/// The largest file of a deployment, in bytes.
pub const DEPLOYMENT_FILE_BYTES_MAX: usize = 8 << 20;
/// Most files of a deployment.
pub const DEPLOYMENT_FILES_MAX: usize = 50;
/// The largest deployment, all files together, in bytes.
pub const DEPLOYMENT_BYTES_MAX: usize = 64 << 20;
/// The longest name of a deployed file, in bytes.
pub(crate) const RESOURCE_NAME_BYTES_MAX: usize = 512;

/// Bodies up to this size are bounded by the number of connections alone, in bytes.
pub(crate) const SMALL_BODY_BYTES_MAX: usize = 64 << 10;
/// What all larger bodies of requests at work take together, in bytes.
pub(crate) const BODIES_BYTES_MAX: usize = 512 << 20;
/// How long a body may take, whatever its size, and how fast it has to come on the whole after that.
pub(crate) const BODY_GRACE: Duration = Duration::from_secs(30);
/// See [`BODY_GRACE`].
pub(crate) const BODY_BYTES_PER_S_MIN: usize = 32 << 10;

/// What is read and thrown away of a body past its limit, in bytes, so that its sender comes to read the answer.
pub(crate) const DISCARDED_BYTES_MAX: usize = 256 << 20;

/// The longest time that a request may ask to wait for.
pub const REQUEST_TIMEOUT_MAX: Duration = Duration::from_secs(60 * 60);
/// How long an activation waits for jobs when its request does not say.
pub(crate) const LONG_POLL_DEFAULT: Duration = Duration::from_secs(10);
/// How long an awaited instance is waited for when its request does not say.
pub(crate) const AWAIT_DEFAULT: Duration = Duration::from_secs(15);
/// How long a request that changes a user task waits for the task's listeners: as long as Camunda's gateway by default.
pub(crate) const LISTENERS_WAIT: Duration = Duration::from_secs(15);
/// How long `POST /fermata/v1/processes/{id}` waits for the result when its request does not say.
pub(crate) const ASYNC_WAIT_DEFAULT: Duration = Duration::from_secs(1);

/// The longest id that a caller gives an instance, in characters.
pub(crate) const BUSINESS_ID_CHARS_MAX: usize = 256;
/// Most labels of an instance.
pub(crate) const TAGS_MAX: usize = 10;
/// The longest label, in characters.
pub(crate) const TAG_CHARS_MAX: usize = 100;

/// Most instructions of a modification, mappings of a migration, or activities to activate at once.
pub(crate) const INSTRUCTIONS_MAX: usize = 1_000;

/// The highest priority of a user task.
pub(crate) const TASK_PRIORITY_MAX: u8 = 100;

/// How long a message is kept at most.
pub(crate) const TIME_TO_LIVE_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The longest name of a message or signal, correlation key or message id, in bytes.
pub(crate) const MESSAGE_TEXT_BYTES_MAX: usize = 4 << 10;

/// A variable's value in search results is cut off after so many bytes, unless the caller wants all of it.
pub(crate) const VALUE_PREVIEW_BYTES: usize = 8_191;

/// Rows of the journal that a page of history takes when its request does not say.
pub(crate) const HISTORY_ROWS_DEFAULT: u32 = 100;
/// Most rows of the journal that a page of history takes.
pub(crate) const HISTORY_ROWS_MAX: u32 = 1_000;

/// Changes of a roll-out, grant or secret on a page of its history when its request does not say.
pub(crate) const CHANGES_DEFAULT: u32 = 50;
/// Most changes on a page of such a history.
pub(crate) const CHANGES_MAX: u32 = 200;

/// Connections at the same time. Requests at work are no more: a connection works on one at a time.
pub(crate) const CONNECTIONS_MAX: usize = 10_000;
/// How long a connection has for the head of its next request, the wait for it included.
/// Longer than clients keep idle connections, lest one sends a request into a connection that is being closed.
pub(crate) const HEAD_WITHIN: Duration = Duration::from_secs(120);
/// How long to wait when the system gives no more connections.
pub(crate) const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Bytes of the journal after which a page of history ends, though never before its first row.
pub(crate) const HISTORY_BYTES_MAX: usize = 4 << 20;
/// Rows of the journal that are read at a time: what is read past the end of a page was read for nothing.
pub(crate) const HISTORY_ROWS_READ: u32 = 20;

/// Attempts at jobs that a page takes when its request does not say.
pub(crate) const ATTEMPTS_DEFAULT: u32 = 100;
/// Most attempts at jobs that a page takes.
pub(crate) const ATTEMPTS_MAX: u32 = 1_000;
/// Bytes of reports after which a page of attempts ends, though never before its first one.
pub(crate) const ATTEMPTS_BYTES_MAX: usize = 4 << 20;
/// Attempts that are read at a time.
pub(crate) const ATTEMPTS_READ: u32 = 5;

/// Most jobs of an instance that are told how they stand.
pub(crate) const OPEN_JOBS_MAX: u32 = 100;

/// Exports of histories at the same time.
pub(crate) const EXPORTS_MAX: usize = 2;
/// An export sends what it has when it has so much, in bytes; more only when what one command did takes more.
pub(crate) const EXPORT_PIECE_BYTES: usize = 64 << 10;
/// How long a client of an export may take nothing.
pub(crate) const EXPORT_STALLED_AFTER: Duration = Duration::from_secs(60);

/// How long requests at work have, from the beginning of the end, to come to theirs.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
