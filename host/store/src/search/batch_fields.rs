//! The fields of batch operations.

use super::{Field, FieldKind, Search};

/// Search over batch operations.
pub type BatchOperationSearch = Search<BatchOperationField>;

/// Fields of a batch operation.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchOperationField {
    BatchOperationKey,
    OperationType,
    State,
    StartDate,
    EndDate,
    ActorId,
}

impl Field for BatchOperationField {
    const ENTITY: &'static str = "batch-operation";
    const KEY: Self = Self::BatchOperationKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::BatchOperationKey | Self::StartDate | Self::EndDate => FieldKind::Integer,
            Self::OperationType | Self::State | Self::ActorId => FieldKind::Text,
        }
    }
}
