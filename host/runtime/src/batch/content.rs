//! What a batch operation does, to which instances, and what has become of it.

use engine::command::{ActivateElement, MigrateInstance, ModifyInstance, MoveElement};
use minicbor::{Decode, Encode};
use store::search::{Condition, ProcessInstanceField};
use store::{BatchKind, BatchOperation};
use types::{ProcessDefinitionKey, ProcessInstanceKey, SharedStr};

use crate::error::Error;

/// What is done to each instance of a batch operation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum BatchAction {
    /// It is ended.
    #[n(0)]
    Cancel {},
    /// Its incidents are resolved; jobs that have no retries left get one.
    #[n(1)]
    ResolveIncidents {},
    /// It goes on with another version of its process.
    #[n(2)]
    Migrate {
        /// The version.
        #[n(0)]
        definition: ProcessDefinitionKey,
        /// Ids of active elements before, and in that version.
        #[n(1)]
        mappings: Vec<(SharedStr, SharedStr)>,
    },
    /// What is active in it moves.
    #[n(3)]
    Modify {
        /// Elements whose instances end, and those that are entered instead.
        #[n(0)]
        moves: Vec<(SharedStr, SharedStr)>,
    },
}

/// What a row tells beside its numbers.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Content {
    #[n(0)]
    pub(crate) action: BatchAction,
    /// All of these hold for the instances that are meant.
    #[n(1)]
    pub(crate) conditions: Vec<Condition<ProcessInstanceField>>,
}

/// An instance that has refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BatchFailure {
    /// The instance.
    #[n(0)]
    pub instance: ProcessInstanceKey,
    /// Why.
    #[n(1)]
    pub message: SharedStr,
}

/// A batch operation and the first refusals.
#[derive(Clone, Debug)]
pub struct BatchView {
    /// The operation.
    pub operation: BatchOperation,
    /// The first instances that have refused.
    pub failures: Vec<BatchFailure>,
}

impl BatchAction {
    /// What kind of operation it is.
    pub fn kind(&self) -> BatchKind {
        match self {
            Self::Cancel {} => BatchKind::Cancel,
            Self::ResolveIncidents {} => BatchKind::ResolveIncidents,
            Self::Migrate { .. } => BatchKind::Migrate,
            Self::Modify { .. } => BatchKind::Modify,
        }
    }
}

impl Content {
    pub(crate) fn encoded(&self) -> Vec<u8> {
        encoded(self)
    }

    pub(crate) fn of(operation: &BatchOperation) -> Result<Self, Error> {
        minicbor::decode(&operation.new.content)
            .map_err(|error| Error::Damaged(format!("batch operation {}: {error}", operation.key)))
    }
}

impl TryFrom<BatchOperation> for BatchView {
    type Error = Error;

    fn try_from(operation: BatchOperation) -> Result<Self, Error> {
        let failures = failures(&operation)?;
        Ok(Self { operation, failures })
    }
}

pub(super) fn failures(operation: &BatchOperation) -> Result<Vec<BatchFailure>, Error> {
    let bytes = &operation.progress.failures;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    minicbor::decode(bytes)
        .map_err(|error| Error::Damaged(format!("failures of batch operation {}: {error}", operation.key)))
}

pub(super) fn encoded(value: &impl Encode<()>) -> Vec<u8> {
    // A vector takes whatever is written to it.
    minicbor::to_vec(value).unwrap_or_default()
}

/// The command that migrates an instance.
pub(super) fn migration(
    definition: ProcessDefinitionKey,
    mappings: &[(SharedStr, SharedStr)],
) -> MigrateInstance {
    MigrateInstance { definition, mappings: mappings.to_vec() }
}

/// The command that moves what is active.
pub(super) fn modification(moves: &[(SharedStr, SharedStr)]) -> ModifyInstance {
    let moves = moves.iter().map(|(source, target)| MoveElement {
        source: source.clone(),
        target: ActivateElement {
            element: target.clone(),
            after: false,
            ancestor: None,
            variables: Vec::new(),
        },
    });
    ModifyInstance { moves: moves.collect(), ..ModifyInstance::default() }
}
