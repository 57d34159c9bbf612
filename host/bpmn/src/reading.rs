//! What is carried along while one model is read.

use crate::findings::Findings;
use crate::secrets::Secrets;

/// The results that grow on the way: findings, and the secrets named so far.
pub(crate) struct Reading<'o> {
    pub(crate) findings: Findings,
    pub(crate) secrets: Secrets<'o>,
    /// Regular expressions that are still checked.
    pub(crate) patterns_left: usize,
}
