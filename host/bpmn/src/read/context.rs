//! What the elements of a process refer to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::outline::{Definitions, Outline};

/// What the elements of a process refer to.
pub(super) struct Context<'c, 'a> {
    pub(super) definitions: &'c Definitions<'a>,
    pub(super) outline: &'c Outline<'a>,
    pub(super) forms: &'c BTreeMap<Arc<str>, Arc<str>>,
}
