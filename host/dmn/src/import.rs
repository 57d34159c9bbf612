//! How a model comes to the models that it imports.

use std::sync::Arc;

use crate::model::Model;

/// Gives the model with a namespace, which a file imports. [`Files`](crate::Files) has one.
pub type Resolver<'a> = dyn Fn(&str) -> Result<Arc<Model>, ImportError> + 'a;

/// Models that a model may import in a row: each is read while the one before it is.
pub const IMPORTS_DEPTH_MAX: usize = 16;

/// Why the model with a namespace cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No file has it.
    #[error("deploy it together with this one")]
    Missing,
    /// Several files have it.
    #[error("`{first}` and `{second}` have this namespace both: give one of them another")]
    Ambiguous {
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
    /// It imports itself, perhaps through others, or leads to models that do.
    #[error(
        "`{resource}`, which has it, is in a circle of imports or leads to one: models that import each other \
         in a circle cannot be read"
    )]
    Circle {
        /// The file.
        resource: String,
    },
    /// It has errors of its own.
    #[error("`{resource}`, which has it, has errors")]
    Invalid {
        /// The file.
        resource: String,
    },
    /// Too many import each other in a row.
    #[error(
        "that would be more than {IMPORTS_DEPTH_MAX} models in a row, each imported by the one before it"
    )]
    TooDeep,
}
