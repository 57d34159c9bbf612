//! Components, grants and secrets, and what is remembered of them.

use std::collections::BTreeMap;

use types::{SharedStr, TenantId};

use super::state::State;
use crate::{
    ComponentRecord, ComponentSignature, Error, GrantChange, GrantRecord, REGISTRY_CHANGES_MAX, Removal,
    RemovedComponent, SecretChange, SecretRecord, SecretStep, ServingChange,
};

/// Changes of things with names, those of each name with the first one first.
#[derive(Debug)]
pub(super) struct Changes<C> {
    of: BTreeMap<(TenantId, SharedStr), Vec<(i64, C)>>,
    last_sequence: i64,
}

impl<C> Default for Changes<C> {
    fn default() -> Self {
        Self { of: BTreeMap::new(), last_sequence: 0 }
    }
}

impl<C: Clone> Changes<C> {
    fn note(&mut self, tenant: &TenantId, name: &SharedStr, change: impl FnOnce(i64) -> C) {
        self.last_sequence += 1;
        let changes = self.of.entry((tenant.clone(), name.clone())).or_default();
        changes.push((self.last_sequence, change(self.last_sequence)));
        let too_many = changes.len().saturating_sub(REGISTRY_CHANGES_MAX as usize);
        changes.drain(..too_many);
    }

    fn last(&self, name: &(TenantId, SharedStr)) -> Option<&C> {
        self.of.get(name)?.last().map(|(_, change)| change)
    }

    pub(super) fn page(&self, tenant: &TenantId, name: &str, before: Option<i64>, limit: u32) -> Vec<C> {
        let changes = self.of.get(&(tenant.clone(), name.into()));
        let newest_first = changes.into_iter().flatten().rev();
        let asked_for = newest_first.filter(|(sequence, _)| before.is_none_or(|before| *sequence < before));
        asked_for.take(limit as usize).map(|(_, change)| change.clone()).collect()
    }
}

impl State {
    pub(super) fn put_component(
        &mut self,
        mut component: ComponentRecord,
        serving: ServingChange,
    ) -> Result<i64, Error> {
        let summary = &component.summary;
        let conflict =
            || Error::Conflict { what: "component", name: format!("{} {}", summary.name, summary.version) };
        if let Some(existing) = self.component(&summary.tenant, &summary.name, &summary.version) {
            return if existing.summary.digest == summary.digest {
                Ok(existing.summary.sequence)
            } else {
                Err(conflict())
            };
        }
        let place = (summary.tenant.clone(), summary.name.clone(), summary.version.clone());
        if self.removed_components.get(&place).is_some_and(|removed| removed.digest != summary.digest) {
            return Err(conflict());
        }
        self.last_component += 1;
        component.summary.sequence = self.last_component;
        self.components.insert(self.last_component, component);
        self.rollouts.change_serving(serving);
        Ok(self.last_component)
    }

    pub(super) fn sign_component(
        &mut self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        digest: &str,
        signature: ComponentSignature,
    ) -> bool {
        let Some(sequence) = self.component(tenant, name, version).map(|found| found.summary.sequence) else {
            return false;
        };
        let found = self.components.get_mut(&sequence).filter(|found| *found.summary.digest == *digest);
        found.map(|found| found.summary.signature = Some(signature)).is_some()
    }

    pub(super) fn delete_component(
        &mut self,
        tenant: &TenantId,
        name: &str,
        version: &str,
        removal: Removal,
        serving: ServingChange,
    ) -> bool {
        let sequence = self.component(tenant, name, version).map(|found| found.summary.sequence);
        let Some(component) = sequence.and_then(|sequence| self.components.remove(&sequence)) else {
            return false;
        };
        let removed = RemovedComponent {
            digest: component.summary.digest,
            removed_at: removal.at,
            removed_by: removal.by,
        };
        self.removed_components.insert((tenant.clone(), name.into(), version.into()), removed);
        self.rollouts.change_serving(serving);
        true
    }

    pub(super) fn put_grant(&mut self, grant: GrantRecord, reason: &str) {
        let before = self.grants.get(&(grant.tenant.clone(), grant.component.clone()));
        let before = before.map(|before| before.policy.clone());
        self.grant_changes.note(&grant.tenant, &grant.component, |sequence| GrantChange {
            sequence,
            before,
            after: grant.policy.clone(),
            reason: reason.to_owned(),
            changed_at: grant.changed_at,
            changed_by: grant.changed_by.clone(),
        });
        self.grants.insert((grant.tenant.clone(), grant.component.clone()), grant);
    }

    pub(super) fn put_secret(&mut self, secret: SecretRecord, reason: &str) -> u32 {
        let name = (secret.tenant.clone(), secret.name.clone());
        let before = match self.secrets.get(&name) {
            Some(present) => present.version,
            None => self.secret_changes.last(&name).map_or(0, |change| change.version),
        };
        let version = before + 1;
        self.secret_changes.note(&secret.tenant, &secret.name, |sequence| SecretChange {
            sequence,
            version,
            step: SecretStep::Set,
            reason: reason.to_owned(),
            changed_at: secret.changed_at,
            changed_by: secret.changed_by.clone(),
        });
        self.secrets.insert(name, SecretRecord { version, ..secret });
        version
    }

    pub(super) fn delete_secret(
        &mut self,
        tenant: &TenantId,
        name: &str,
        removal: Removal,
        reason: &str,
    ) -> bool {
        let Some(secret) = self.secrets.remove(&(tenant.clone(), name.into())) else { return false };
        self.secret_changes.note(tenant, &secret.name, |sequence| SecretChange {
            sequence,
            version: secret.version,
            step: SecretStep::Removed,
            reason: reason.to_owned(),
            changed_at: removal.at,
            changed_by: removal.by,
        });
        true
    }
}
