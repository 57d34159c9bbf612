//! Searches over batch operations.

use super::columns::Column::{self, Names, Nullable, Required};
use super::entities::Entity;
use crate::search::BatchOperationField;
use crate::sql::batch_operations;
use crate::sql::columns::Columns;
use crate::{BatchOperation, Error};

const KINDS: &[(&str, &str)] = &[
    ("CANCEL_PROCESS_INSTANCE", "b.kind = 0"),
    ("RESOLVE_INCIDENT", "b.kind = 1"),
    ("MIGRATE_PROCESS_INSTANCE", "b.kind = 2"),
    ("MODIFY_PROCESS_INSTANCE", "b.kind = 3"),
];

const STATES: &[(&str, &str)] = &[
    ("ACTIVE", "b.state = 0"),
    ("SUSPENDED", "b.state = 1"),
    ("CANCELED", "b.state = 2"),
    ("COMPLETED", "b.state = 3"),
    ("PARTIALLY_COMPLETED", "b.state = 4"),
];

impl Entity for BatchOperationField {
    type Record = BatchOperation;

    const FROM: &'static str = "batch_operation b";
    const COLUMNS: &'static [&'static str] = &[batch_operations::COLUMNS];

    fn column(self) -> Column {
        match self {
            Self::BatchOperationKey => Required("b.key"),
            Self::OperationType => Names(KINDS),
            Self::State => Names(STATES),
            Self::StartDate => Required("b.started_at"),
            Self::EndDate => Nullable("b.ended_at"),
            Self::ActorId => Required("b.actor"),
        }
    }

    fn read(columns: &mut Columns<'_>) -> Result<BatchOperation, Error> {
        batch_operations::read(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, STATES};
    use crate::{BatchKind, BatchState};

    #[test]
    fn names_are_those_of_the_states() {
        assert_eq!(
            KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            BatchKind::ALL.map(BatchKind::name)
        );
        assert_eq!(
            STATES.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            BatchState::ALL.map(BatchState::name)
        );
    }
}
