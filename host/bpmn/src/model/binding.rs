//! Versions of what a model refers to.

use super::Text;

/// Which version of a called process or decision, or a linked form or file, is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The latest.
    Latest,
    /// The one that was deployed together with this process.
    Deployment,
    /// The latest with this version tag.
    VersionTag(Text),
}
