//! What answers about parts of an instance say of the instance as a whole, and of the model it runs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bpmn::model::Element;
use engine::Definition;
use store::search::{
    Condition, Operand, Operator, Origin, PageRequest, ProcessInstanceField, ProcessInstanceRecord, Search,
};
use types::{ProcessDefinitionKey, ProcessInstanceKey, SharedStr};

use crate::problem::Problem;
use crate::state::ApiState;

/// The instances and models behind a page of results.
#[derive(Default)]
pub(crate) struct Surroundings {
    instances: HashMap<ProcessInstanceKey, ProcessInstanceRecord>,
    definitions: HashMap<ProcessDefinitionKey, Arc<Definition>>,
}

impl Surroundings {
    /// Reads what is behind `origins`: the instances in one search, the models from memory.
    pub(crate) async fn read<'a>(
        state: &ApiState,
        origins: impl Iterator<Item = &'a Origin> + Clone,
    ) -> Result<Self, Problem> {
        let keys: BTreeSet<ProcessInstanceKey> = origins.clone().map(|origin| origin.instance).collect();
        let definition_keys: BTreeSet<ProcessDefinitionKey> =
            origins.map(|origin| origin.definition).collect();
        let mut surroundings = Self::of_instances(state, keys).await?;
        for key in definition_keys {
            if let Some(definition) = state.handle.definition(key).await? {
                surroundings.definitions.insert(key, definition);
            }
        }
        Ok(surroundings)
    }

    /// The same without the models.
    pub(crate) async fn of_instances(
        state: &ApiState,
        keys: BTreeSet<ProcessInstanceKey>,
    ) -> Result<Self, Problem> {
        let mut surroundings = Self::default();
        if !keys.is_empty() {
            let wanted = keys.iter().map(|key| Operand::Integer(key.get())).collect();
            let search = Search {
                conditions: vec![Condition::Field(
                    ProcessInstanceField::ProcessInstanceKey,
                    Operator::In(wanted),
                )],
                page: PageRequest { limit: keys.len() as u32, ..PageRequest::default() },
                ..Search::default()
            };
            let found = state.handle.store().search_process_instances(&search).await?;
            surroundings.instances = found.items.into_iter().map(|record| (record.key, record)).collect();
        }
        Ok(surroundings)
    }

    /// The outermost instance that has called this one; itself when nobody has.
    pub(crate) fn root(&self, instance: ProcessInstanceKey) -> ProcessInstanceKey {
        let caller = self.instances.get(&instance).and_then(|record| record.caller);
        caller.map_or(instance, |caller| caller.root)
    }

    /// The process's name in the model.
    pub(crate) fn process_name(&self, origin: &Origin) -> Option<SharedStr> {
        self.instances.get(&origin.instance)?.process_name.clone()
    }

    /// The caller's own id for the instance.
    pub(crate) fn business_id(&self, origin: &Origin) -> Option<SharedStr> {
        self.instances.get(&origin.instance)?.business_id.clone()
    }

    /// The instance's labels.
    pub(crate) fn tags(&self, origin: &Origin) -> Vec<SharedStr> {
        self.instances.get(&origin.instance).map(|record| record.tags.clone()).unwrap_or_default()
    }

    /// An element of the model.
    pub(crate) fn element(&self, origin: &Origin, id: &str) -> Option<&Element> {
        let process = &self.definitions.get(&origin.definition)?.process;
        process.element_by_id(id).map(|index| process.element(index))
    }
}
