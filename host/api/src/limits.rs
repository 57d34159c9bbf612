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

/// What is read and thrown away of a body past its limit, in bytes, so that its sender comes to read the answer.
pub(crate) const DISCARDED_BYTES_MAX: usize = 256 << 20;

/// The longest time that a request may ask to wait for.
pub const REQUEST_TIMEOUT_MAX: Duration = Duration::from_secs(60 * 60);
/// How long an activation waits for jobs when its request does not say.
pub(crate) const LONG_POLL_DEFAULT: Duration = Duration::from_secs(10);
/// How long an awaited instance is waited for when its request does not say.
pub(crate) const AWAIT_DEFAULT: Duration = Duration::from_secs(15);
/// How long `POST /fermata/v1/processes/{id}` waits for the result when its request does not say.
pub(crate) const ASYNC_WAIT_DEFAULT: Duration = Duration::from_secs(1);

/// The longest id that a caller gives an instance, in characters.
pub(crate) const BUSINESS_ID_CHARS_MAX: usize = 256;
/// Most labels of an instance.
pub(crate) const TAGS_MAX: usize = 10;
/// The longest label, in characters.
pub(crate) const TAG_CHARS_MAX: usize = 100;

/// A variable's value in search results is cut off after so many bytes, unless the caller wants all of it.
pub(crate) const VALUE_PREVIEW_BYTES: usize = 8_191;

/// Rows of the journal that a page of history takes when its request does not say.
pub(crate) const HISTORY_ROWS_DEFAULT: u32 = 100;
/// Most rows of the journal that a page of history takes.
pub(crate) const HISTORY_ROWS_MAX: u32 = 1_000;

/// How long requests at work have, from the beginning of the end, to come to theirs.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
