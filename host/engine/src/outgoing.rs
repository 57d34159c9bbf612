//! What a step asks of others: of another instance, of a mailbox, of everybody who waits for a signal, of the host.
//!
//! It is part of the commit that its step belongs to. What stays in the partition is carried out in the same batch; what
//! goes elsewhere, or has to wait, is a row of the outbox, and is removed by the commit that carries it out: exactly once.
//! Its binary form numbers every variant and field, as that of events does.

use minicbor::{Decode, Encode};
use types::{
    ElementInstanceKey, FileKind, JobKey, MessageKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr,
    SignalKey, SubscriptionKey, TenantId, Variables,
};

use crate::state::{Caller, MailboxAddress};

/// One thing that a step asks of others.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Outgoing {
    /// A call activity calls a process: the host finds the version and starts an instance, or tells that there is none.
    /// Stays in the partition.
    #[n(1)]
    CallProcess(#[n(0)] CallProcess),
    /// The called instance ends, because its call activity does. Stays in the partition.
    #[n(2)]
    CancelCalled {
        /// The called instance.
        #[n(0)]
        instance: ProcessInstanceKey,
    },
    /// A called instance has ended. Stays in the partition.
    #[n(3)]
    CalledCompleted {
        /// The call activity.
        #[n(0)]
        caller: Caller,
        /// The variables of the called process.
        #[n(1)]
        variables: Variables,
    },
    /// A BPMN error that nothing in the called instance catches. Stays in the partition.
    #[n(4)]
    ErrorInCalled {
        /// The call activity.
        #[n(0)]
        caller: Caller,
        /// The error.
        #[n(1)]
        error: ThrownError,
    },
    /// Nothing around the called instance catches its error either. Stays in the partition.
    #[n(5)]
    ErrorUncaught {
        /// The error, which knows where it was thrown.
        #[n(0)]
        error: ThrownError,
    },
    /// An escalation that nothing in the called instance catches. Stays in the partition.
    #[n(6)]
    EscalationInCalled {
        /// The call activity.
        #[n(0)]
        caller: Caller,
        /// The escalation's code.
        #[n(1)]
        code: SharedStr,
    },
    /// A business rule task evaluates a decision: the host finds it. Stays in the partition.
    #[n(7)]
    EvaluateDecision(#[n(0)] EvaluateDecision),
    /// A called instance was ended from outside. Stays in the partition.
    #[n(8)]
    CalledTerminated {
        /// The call activity.
        #[n(0)]
        caller: Caller,
    },
    /// A user task or a job links to deployed files: the host finds their versions. Stays in the partition.
    #[n(9)]
    FindFiles(#[n(0)] FindFiles),
    /// Somebody waits for a message. Goes to the mailbox.
    #[n(10)]
    OpenSubscription {
        /// The mailbox.
        #[n(0)]
        mailbox: MailboxAddress,
        /// The subscription.
        #[n(1)]
        subscription: SubscriptionKey,
        /// Whose it is.
        #[n(2)]
        instance: ProcessInstanceKey,
        /// The process that waits: a message correlates once to each.
        #[n(3)]
        bpmn_process_id: SharedStr,
        /// Whether one message ends it.
        #[n(4)]
        once: bool,
    },
    /// Nobody waits any longer. Goes to the mailbox.
    #[n(11)]
    CloseSubscription {
        /// The mailbox.
        #[n(0)]
        mailbox: MailboxAddress,
        /// The subscription.
        #[n(1)]
        subscription: SubscriptionKey,
    },
    /// A mailbox has a message for an instance. Goes to the instance.
    #[n(12)]
    Correlate {
        /// The mailbox that waits for the answer.
        #[n(0)]
        mailbox: MailboxAddress,
        /// The instance.
        #[n(1)]
        instance: ProcessInstanceKey,
        /// Its subscription.
        #[n(2)]
        subscription: SubscriptionKey,
        /// The message.
        #[n(3)]
        message: MessageKey,
        /// The message's variables.
        #[n(4)]
        variables: Variables,
    },
    /// What has become of a message that a mailbox had for an instance. Goes to the mailbox.
    #[n(13)]
    Correlated {
        /// The mailbox.
        #[n(0)]
        mailbox: MailboxAddress,
        /// The subscription.
        #[n(1)]
        subscription: SubscriptionKey,
        /// The message.
        #[n(2)]
        message: MessageKey,
        /// Whether the instance has taken it; otherwise nobody waits there any longer.
        #[n(3)]
        taken: bool,
    },
    /// A message starts a process. Goes to the mailbox's partition, where it comes from.
    #[n(14)]
    StartByMessage {
        /// The mailbox.
        #[n(0)]
        mailbox: MailboxAddress,
        /// The process version.
        #[n(1)]
        definition: ProcessDefinitionKey,
        /// Its message start event.
        #[n(2)]
        element: SharedStr,
        /// The message.
        #[n(3)]
        message: MessageKey,
        /// The message's variables.
        #[n(4)]
        variables: Variables,
    },
    /// An instance that a message has started has ended. Goes to the mailbox.
    #[n(15)]
    StartedInstanceEnded {
        /// The mailbox.
        #[n(0)]
        mailbox: MailboxAddress,
        /// The process.
        #[n(1)]
        bpmn_process_id: SharedStr,
        /// The instance.
        #[n(2)]
        instance: ProcessInstanceKey,
    },
    /// Messages whose time is over. Goes to the mailbox, when another partition finds them: those that an older release has
    /// taken in have keys of the partition that was their mailbox's then.
    #[n(16)]
    ExpireMessages {
        /// The mailbox.
        #[n(0)]
        mailbox: MailboxAddress,
    },
    /// A signal for everybody who waits for it. Goes to all partitions.
    #[n(20)]
    BroadcastSignal {
        /// The tenant.
        #[n(0)]
        tenant: TenantId,
        /// The signal's name.
        #[n(1)]
        name: SharedStr,
        /// Its key. Subscriptions that were opened later do not get it.
        #[n(2)]
        signal: SignalKey,
        /// Its variables.
        #[n(3)]
        variables: Variables,
        /// How far a partition is with its subscriptions: those up to this key have got it.
        #[n(4)]
        after: Option<SubscriptionKey>,
    },
}

/// See [`Outgoing::CallProcess`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CallProcess {
    /// The call activity.
    #[n(0)]
    pub caller: Caller,
    /// The tenant.
    #[n(1)]
    pub tenant: TenantId,
    /// The process that is called.
    #[n(2)]
    pub bpmn_process_id: SharedStr,
    /// The version tag that it has to have.
    #[n(3)]
    pub version_tag: Option<SharedStr>,
    /// The process version with which it has to have been deployed.
    #[n(4)]
    pub deployed_with: Option<ProcessDefinitionKey>,
    /// The variables with which it begins.
    #[n(5)]
    pub variables: Variables,
    /// The business id of the called instance.
    #[n(6)]
    pub business_id: Option<SharedStr>,
}

/// See [`Outgoing::EvaluateDecision`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EvaluateDecision {
    /// The instance.
    #[n(0)]
    pub instance: ProcessInstanceKey,
    /// The business rule task.
    #[n(1)]
    pub element_instance: ElementInstanceKey,
    /// The tenant.
    #[n(2)]
    pub tenant: TenantId,
    /// The decision's id.
    #[n(3)]
    pub decision_id: SharedStr,
    /// The version tag that it has to have.
    #[n(4)]
    pub version_tag: Option<SharedStr>,
    /// The process version with which it has to have been deployed.
    #[n(5)]
    pub deployed_with: Option<ProcessDefinitionKey>,
}

/// See [`Outgoing::FindFiles`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FindFiles {
    /// The instance.
    #[n(0)]
    pub instance: ProcessInstanceKey,
    /// The task.
    #[n(1)]
    pub element_instance: ElementInstanceKey,
    /// The tenant.
    #[n(2)]
    pub tenant: TenantId,
    /// What it links to, in the model's order.
    #[n(3)]
    pub files: Vec<WantedFile>,
}

/// A deployed file that is linked to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WantedFile {
    /// What it is.
    #[n(0)]
    pub kind: FileKind,
    /// Its id.
    #[n(1)]
    pub id: SharedStr,
    /// The version tag that it has to have.
    #[n(2)]
    pub version_tag: Option<SharedStr>,
    /// The process version with which it has to have been deployed.
    #[n(3)]
    pub deployed_with: Option<ProcessDefinitionKey>,
}

/// A BPMN error on its way through call activities.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ThrownError {
    /// Its code.
    #[n(0)]
    pub code: SharedStr,
    /// What happened, for people.
    #[n(1)]
    pub message: SharedStr,
    /// Its variables.
    #[n(2)]
    pub variables: Variables,
    /// The instance in which it was thrown.
    #[n(3)]
    pub instance: ProcessInstanceKey,
    /// The element instance that has thrown it.
    #[n(4)]
    pub element_instance: ElementInstanceKey,
    /// The job that has thrown it.
    #[n(5)]
    pub job: Option<JobKey>,
}
