//! A business id stands for at most one active instance of a process.
//!
//! All starts with the same business id come to the same partition, so that this one alone decides: by the rows, and by what it
//! has in memory and has not written yet.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use engine::command::CreateInstance;
use engine::{Definition, EntityKind, Rejection};
use sha2::{Digest, Sha256};
use types::{PartitionId, ProcessInstanceKey, SharedStr, TenantId};

use super::Partition;
use crate::error::Error;

/// Business ids of instances whose start is not written yet.
#[derive(Default)]
pub(super) struct BusinessIds(BTreeMap<ProcessInstanceKey, BusinessId>);

#[derive(PartialEq, Eq)]
pub(super) struct BusinessId {
    tenant: TenantId,
    bpmn_process_id: SharedStr,
    id: SharedStr,
}

impl BusinessIds {
    /// An instance was started.
    pub(super) fn take(&mut self, key: ProcessInstanceKey, id: Option<BusinessId>) {
        self.0.extend(id.map(|id| (key, id)));
    }

    /// The start of these instances is written.
    pub(super) fn written(&mut self, instances: &[ProcessInstanceKey]) {
        for key in instances {
            self.0.remove(key);
        }
    }

    /// What was not written has not happened.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn of(create: &CreateInstance, definition: &Definition) -> Option<BusinessId> {
        if create.caller.is_some() {
            return None;
        }
        Some(BusinessId {
            tenant: create.tenant.clone(),
            bpmn_process_id: SharedStr::from(&definition.process.id),
            id: create.business_id.clone()?,
        })
    }
}

/// The partition of `partitions` where instances with this business id start.
pub(crate) fn partition_of(tenant: &TenantId, business_id: &str, partitions: NonZeroU16) -> PartitionId {
    let mut digest = Sha256::new();
    digest.update((tenant.as_str().len() as u64).to_be_bytes());
    digest.update(tenant.as_str());
    digest.update(business_id);
    let digest = digest.finalize();
    let number = u16::from_be_bytes([digest[0], digest[1]]) % partitions;
    PartitionId::new(number + 1).unwrap_or(PartitionId::FIRST)
}

impl Partition {
    /// The business id with which an instance is to start.
    ///
    /// # Errors
    /// Another one is active.
    pub(super) async fn free_business_id(
        &mut self,
        create: &CreateInstance,
        definition: &Definition,
    ) -> Result<Option<BusinessId>, Error> {
        let Some(wanted) = BusinessIds::of(create, definition) else { return Ok(None) };
        let unwritten = self.business_ids.0.iter().filter(|(_, taken)| **taken == wanted);
        let unwritten: Vec<ProcessInstanceKey> = unwritten.map(|(key, _)| *key).collect();
        let in_rows = self
            .shared
            .store
            .active_with_business_id(self.id, &wanted.tenant, &wanted.bpmn_process_id, &wanted.id)
            .await?;
        for key in unwritten.into_iter().chain(in_rows) {
            // Its end may not be written yet; what is not in memory is as the rows say.
            if self.cache.get(key).is_none_or(|cached| cached.state.is_active()) {
                let name = format!("{}` with the business id `{}", wanted.bpmn_process_id, wanted.id);
                return Err(Rejection::AlreadyExists { kind: EntityKind::ProcessInstance, name }.into());
            }
        }
        Ok(Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_ids_have_their_partition_for_ever() {
        let tenant = TenantId::default();
        let count = NonZeroU16::new(7).unwrap();
        let partitions: Vec<u16> =
            ["", "order-1", "order-2", "order-3"].map(|id| partition_of(&tenant, id, count).get()).into();
        assert_eq!(partitions, [6, 1, 4, 2]);
    }
}
