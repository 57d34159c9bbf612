//! What operators do to many instances at once, and to process versions.

use store::search::{Condition, Operand, Operator, PageRequest, ProcessInstanceField, Search};
use store::{BatchOperationKey, BatchState, NewBatchOperation};
use types::{Actor, ProcessDefinitionKey, TenantId};

use super::Handle;
use crate::batch::{BatchAction, BatchView, Content};
use crate::error::Error;

impl Handle {
    /// Begins to do something to all active instances that meet these conditions, and returns when that is durable.
    ///
    /// # Errors
    /// [`Error::Rejected`]: the version to migrate to does not exist. [`Error::Search`]: the conditions are past a limit.
    pub async fn begin_batch(
        &self,
        tenant: TenantId,
        action: BatchAction,
        mut conditions: Vec<Condition<ProcessInstanceField>>,
        actor: Actor,
    ) -> Result<BatchOperationKey, Error> {
        let now = self.shared.clock.now();
        let is = |field, text: &str| Condition::Field(field, Operator::Eq(Operand::Text(text.to_owned())));
        conditions.push(is(ProcessInstanceField::State, engine::state::InstanceStatus::Active.name()));
        conditions.push(is(ProcessInstanceField::TenantId, tenant.as_str()));
        let earlier = Operator::Lte(Operand::Integer(now.as_millis()));
        conditions.push(Condition::Field(ProcessInstanceField::StartDate, earlier));
        match &action {
            BatchAction::ResolveIncidents {} => {
                let in_trouble = Operator::Eq(Operand::Integer(1));
                conditions.push(Condition::Field(ProcessInstanceField::HasIncident, in_trouble));
            }
            BatchAction::Migrate { definition, .. } => {
                if self.definition(*definition).await?.is_none() {
                    let kind = engine::EntityKind::ProcessDefinition;
                    return Err(engine::Rejection::NotFound { kind, key: definition.0 }.into());
                }
                let elsewhere = Operator::Neq(Operand::Integer(definition.get()));
                conditions.push(Condition::Field(ProcessInstanceField::ProcessDefinitionKey, elsewhere));
            }
            BatchAction::Cancel {} | BatchAction::Modify { .. } => {}
        }
        let content = Content { action, conditions };
        let search = Search {
            conditions: content.conditions.clone(),
            page: PageRequest { limit: 1, ..PageRequest::default() },
            ..Search::default()
        };
        let expected = self.store().search_process_instances(&search).await?.total_items;
        let new = NewBatchOperation {
            tenant,
            kind: content.action.kind(),
            content: content.encoded(),
            actor,
            at: now,
            expected,
        };
        let key = self.store().begin_batch_operation(new).await?;
        self.shared.batch_bell.notify_one();
        Ok(key)
    }

    /// One batch operation; `None` when there is no such one.
    pub async fn batch(&self, key: BatchOperationKey) -> Result<Option<BatchView>, Error> {
        self.store().batch_operation(key).await?.map(BatchView::try_from).transpose()
    }

    /// Changes where a batch operation stands; false when it does not stand at `from`.
    pub async fn change_batch(
        &self,
        key: BatchOperationKey,
        from: BatchState,
        to: BatchState,
    ) -> Result<bool, Error> {
        let changed = self.store().change_batch_operation(key, from, to, self.shared.clock.now()).await?;
        self.shared.batch_bell.notify_one();
        Ok(changed)
    }

    /// Lets no instance of a process version be started, until it is released. Those that run go on.
    ///
    /// # Errors
    /// [`Error::Rejected`]: there is no such version.
    pub async fn hold_definition(&self, key: ProcessDefinitionKey, actor: Actor) -> Result<(), Error> {
        self.existing(key).await?;
        self.store().hold_definition(key, actor, self.shared.clock.now()).await?;
        self.shared.withheld.set(key, true);
        Ok(())
    }

    /// Lets instances of a process version be started again.
    ///
    /// # Errors
    /// [`Error::Rejected`]: there is no such version.
    pub async fn release_definition(&self, key: ProcessDefinitionKey) -> Result<(), Error> {
        self.existing(key).await?;
        self.store().release_definition(key).await?;
        self.shared.withheld.set(key, false);
        Ok(())
    }

    /// Whether no instance of a process version is started for now.
    pub fn holds_definition(&self, key: ProcessDefinitionKey) -> bool {
        self.shared.withheld.holds(key)
    }

    async fn existing(&self, key: ProcessDefinitionKey) -> Result<(), Error> {
        match self.store().definition(key).await? {
            Some(_) => Ok(()),
            None => {
                let kind = engine::EntityKind::ProcessDefinition;
                Err(engine::Rejection::NotFound { kind, key: key.0 }.into())
            }
        }
    }
}
