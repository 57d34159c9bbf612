//! What a host is asked before and after a load: nothing of it is measured.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use types::ProcessInstanceKey;

use crate::scenario::Scenario;

/// Instances on one page of a search.
const PAGE_ITEMS: u32 = 5_000;

/// A host's API.
#[derive(Clone)]
pub(crate) struct Api {
    api: harness::Api,
}

/// One instance of a search.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    process_instance_key: ProcessInstanceKey,
    end_date: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    items: Vec<Instance>,
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    total_items: u64,
    end_cursor: Option<String>,
}

impl Api {
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self { api: harness::Api::new(url)? })
    }

    /// For what this has no function for.
    pub(crate) fn requests(&self) -> &harness::Api {
        &self.api
    }

    /// Uploads a component for the scenario's jobs and deploys its model. What is there already stays.
    pub(crate) async fn deploy(&self, scenario: Scenario, component: Vec<u8>) -> anyhow::Result<()> {
        let (status, answer) = self.api.upload(component).await.context("failed to upload the component")?;
        ensure!((200..300).contains(&status), "failed to upload the component: {status} {answer}");
        self.api.deploy(&scenario.file_name(), scenario.model().to_owned()).await?;
        Ok(())
    }

    /// How many instances of a scenario are active, up to the 10,000 that the host counts.
    pub(crate) async fn active_instances(&self, scenario: Scenario) -> anyhow::Result<u64> {
        let filter = json!({ "processDefinitionId": scenario.process_id(), "state": "ACTIVE" });
        let found = self.search(&json!({ "filter": filter, "page": { "limit": 1 } })).await?;
        Ok(found.page.total_items)
    }

    /// All instances of a scenario that are completed, with the times of their ends.
    pub(crate) async fn completed_instances(
        &self,
        scenario: Scenario,
    ) -> anyhow::Result<BTreeMap<ProcessInstanceKey, jiff::Timestamp>> {
        let filter = json!({ "processDefinitionId": scenario.process_id(), "state": "COMPLETED" });
        let mut completed = BTreeMap::new();
        let mut page = json!({ "limit": PAGE_ITEMS });
        loop {
            let found = self.search(&json!({ "filter": filter, "page": page })).await?;
            let Some(cursor) = found.page.end_cursor.filter(|_| !found.items.is_empty()) else {
                return Ok(completed);
            };
            for instance in found.items {
                let end = instance.end_date.context("a completed instance without an end")?;
                completed.insert(instance.process_instance_key, end.parse()?);
            }
            page = json!({ "limit": PAGE_ITEMS, "after": cursor });
        }
    }

    async fn search(&self, request: &Value) -> anyhow::Result<Found> {
        let found = self.api.post("/v2/process-instances/search", request).await?;
        serde_json::from_value(found).context("failed to search instances")
    }
}
