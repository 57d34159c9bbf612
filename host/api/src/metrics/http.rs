//! What the host answers over HTTP.

use axum::http::StatusCode;
use runtime::Count;

/// Classes of statuses, from 1xx to 5xx.
pub(super) const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What was answered so far.
#[derive(Debug, Default)]
pub(crate) struct HttpFigures {
    by_class: [Count; CLASSES.len()],
    /// Requests whose bodies found no room.
    pub(crate) refused_for_bodies: Count,
}

/// What was answered, at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct HttpCounts {
    /// As [`CLASSES`].
    pub(super) by_class: [u64; CLASSES.len()],
    pub(super) refused_for_bodies: u64,
}

impl HttpFigures {
    /// A request was answered.
    pub(crate) fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(count) = self.by_class.get(class) {
            count.add(1);
        }
    }

    pub(super) fn so_far(&self) -> HttpCounts {
        HttpCounts {
            by_class: self.by_class.each_ref().map(Count::get),
            refused_for_bodies: self.refused_for_bodies.get(),
        }
    }
}
