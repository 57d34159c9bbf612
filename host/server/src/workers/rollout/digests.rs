//! Which bytes the versions of a plan had when it was written down.
//!
//! A name and version stand for the same bytes for ever, as far as they were uploaded. What comes with the host comes with
//! its files, which may change: a plan of before then means other code, and nobody goes back to that without a word.

use std::collections::BTreeMap;

use sandbox::Digest;
use types::TenantId;

use super::plan::{Label, Plan};
use crate::workers::registry::Registry;

/// The digests of versions as they are stored with a change.
pub(in crate::workers) fn digests_of(versions: impl IntoIterator<Item = (Label, Digest)>) -> String {
    let digests = versions.into_iter().map(|(label, digest)| (label.to_string(), digest.to_string()));
    serde_json::to_string(&digests.collect::<BTreeMap<_, _>>()).expect("texts are always JSON")
}

/// The digests that are stored with a change, by `name@version`. Nothing where none were noted.
pub(super) fn read(stored: Option<&str>) -> BTreeMap<String, String> {
    stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

impl Registry {
    /// The digests of those versions of `plans` that are here.
    pub(super) fn digests<'p>(&self, tenant: &TenantId, plans: impl IntoIterator<Item = &'p Plan>) -> String {
        let labels = plans.into_iter().flat_map(|plan| &plan.versions).map(|share| &share.version);
        digests_of(labels.filter_map(|label| {
            let found = self.find(tenant, &label.name, &label.version.to_string())?;
            Some((label.clone(), found.digest))
        }))
    }

    /// The first version of a plan whose bytes are not what they were: with its digest of before, and that of now.
    pub(super) fn changed_since(
        &self,
        tenant: &TenantId,
        plan: &Plan,
        noted: &BTreeMap<String, String>,
    ) -> Option<(Label, String, String)> {
        plan.versions.iter().find_map(|share| {
            let label = &share.version;
            let before = noted.get(&label.to_string())?;
            let now = self.find(tenant, &label.name, &label.version.to_string())?.digest.to_string();
            (*before != now).then(|| (label.clone(), before.clone(), now))
        })
    }
}
