//! The answer to a question for all there is of something that is never much.

use serde::Serialize;

/// All there is.
#[derive(Serialize)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
}
