//! Deployed files that are no models.

use minicbor::{Decode, Encode};

/// What a deployed file is that is no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum FileKind {
    /// A form, known by the id in it.
    #[n(0)]
    Form,
    /// Any other file, known by its name.
    #[n(1)]
    Resource,
}
