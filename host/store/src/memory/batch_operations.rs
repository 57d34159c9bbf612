//! Batch operations.

use types::Timestamp;

use super::state::State;
use super::values::{Record, Value};
use crate::search::BatchOperationField;
use crate::{BatchOperation, BatchOperationKey, BatchProgress, BatchState, NewBatchOperation};

impl State {
    pub(super) fn begin_batch_operation(&mut self, new: NewBatchOperation) -> BatchOperationKey {
        let key = BatchOperationKey(self.batch_operations.len() as i64 + 1);
        let operation = BatchOperation {
            key,
            new,
            state: BatchState::Active,
            progress: BatchProgress::default(),
            ended_at: None,
        };
        self.batch_operations.insert(key, operation);
        key
    }

    pub(super) fn change_batch_operation(
        &mut self,
        key: BatchOperationKey,
        from: BatchState,
        to: BatchState,
        at: Timestamp,
    ) -> bool {
        match self.batch_operations.get_mut(&key) {
            Some(operation) if operation.state == from => {
                operation.state = to;
                operation.ended_at = to.has_ended().then_some(at);
                true
            }
            _ => false,
        }
    }
}

impl Record<BatchOperationField> for BatchOperation {
    fn value(&self, field: BatchOperationField) -> Value<'_> {
        use BatchOperationField as Field;
        match field {
            Field::BatchOperationKey => self.key.0.into(),
            Field::OperationType => self.new.kind.name().into(),
            Field::State => self.state.name().into(),
            Field::StartDate => self.new.at.into(),
            Field::EndDate => self.ended_at.into(),
            Field::ActorId => self.new.actor.as_str().into(),
        }
    }
}
