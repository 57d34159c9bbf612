//! What a step is given, and what it gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use bpmn::Process;
use types::{ProcessDefinitionKey, TenantId, Timestamp};

use crate::event::Event;
use crate::outgoing::Outgoing;

/// The process versions that a step may need.
#[derive(Clone, Debug, Default)]
pub struct Definitions(BTreeMap<ProcessDefinitionKey, Arc<Definition>>);

/// One version of a process.
#[derive(Debug)]
pub struct Definition {
    /// Its key.
    pub key: ProcessDefinitionKey,
    /// From 1.
    pub version: u32,
    /// The tenant.
    pub tenant: TenantId,
    /// The process.
    pub process: Process,
}

impl Definitions {
    /// Adds or replaces a version.
    pub fn insert(&mut self, definition: Arc<Definition>) {
        self.0.insert(definition.key, definition);
    }

    /// The version with this key.
    pub fn get(&self, key: ProcessDefinitionKey) -> Option<&Arc<Definition>> {
        self.0.get(&key)
    }
}

/// What a step knows of the world.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The process versions; the one of the instance must be among them.
    pub definitions: &'a Definitions,
    /// When the command was taken up.
    pub at: Timestamp,
    /// For random functions in expressions.
    pub seed: u64,
}

/// What a step has done. The events are applied already.
#[derive(Debug)]
pub struct Output {
    /// What has happened, in order.
    pub events: Vec<Event>,
    /// What others are asked for, in order.
    pub outgoing: Vec<Outgoing>,
}
