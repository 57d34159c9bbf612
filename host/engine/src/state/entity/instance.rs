//! Process instances.

use minicbor::{Decode, Encode};
use types::{ElementInstanceKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp};

use super::{ElementState, Sequel};

/// The instance as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInstance {
    /// Its key.
    pub key: ProcessInstanceKey,
    /// The process version that it runs.
    pub definition: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The process's version, from 1.
    pub version: u32,
    /// The process's version tag.
    pub version_tag: Option<SharedStr>,
    /// The tenant.
    pub tenant: TenantId,
    /// Where it stands.
    pub state: InstanceStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The caller's own id for it.
    pub business_id: Option<SharedStr>,
    /// Labels for searches.
    pub tags: Vec<SharedStr>,
    /// The call activity that called it.
    pub caller: Option<Caller>,
    /// The message that started it, which lets the next one with its key start another when this one has ended.
    pub started_by: Option<MailboxAddress>,
    /// Where the process scope stands: it has no row of its own.
    pub scope_state: ElementState,
    /// How many execution listeners of the process have run in that state.
    pub listeners_done: u16,
    /// It is ended as soon as one of these elements has ended.
    pub ends_after: Vec<SharedStr>,
    /// What follows when the process scope is empty.
    pub sequel: Option<Box<Sequel>>,
    /// Whether tokens wait for `Continue`.
    pub paused: bool,
    /// Whether an operator holds it: no token moves, no job is handed out, no timer fires.
    pub suspended: bool,
    /// How many incidents are open.
    pub open_incidents: u32,
}

/// The call activity that called an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Caller {
    /// The calling instance.
    #[n(0)]
    pub instance: ProcessInstanceKey,
    /// The call activity.
    #[n(1)]
    pub element_instance: ElementInstanceKey,
    /// The outermost calling instance.
    #[n(2)]
    pub root: ProcessInstanceKey,
    /// How many instances are around the called one, from 1.
    #[n(3)]
    pub depth: u32,
}

/// Where messages meet what waits for them: all messages and subscriptions of one name and correlation key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct MailboxAddress {
    /// The tenant.
    #[n(0)]
    pub tenant: TenantId,
    /// The message's name.
    #[n(1)]
    pub name: SharedStr,
    /// The correlation key. Empty for messages that only start processes.
    #[n(2)]
    pub correlation_key: SharedStr,
}

/// Where an instance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceStatus {
    /// Under way.
    Active,
    /// Reached its end.
    Completed,
    /// Ended from outside.
    Terminated,
}

impl InstanceStatus {
    /// Camunda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Completed => "COMPLETED",
            Self::Terminated => "TERMINATED",
        }
    }
}
