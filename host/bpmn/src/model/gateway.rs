//! Gateways that say more than which flow is the default.

use feel::Expression;

use super::{ElementIndex, FlowIndex};

/// A complex gateway.
#[derive(Debug)]
pub struct ComplexGateway {
    /// `activationCondition`: over `activationCount`, the number of tokens that have come. Without one it waits as an
    /// inclusive gateway does.
    pub activation_condition: Option<Expression>,
    /// The flow taken when no condition holds.
    pub default: Option<FlowIndex>,
}

/// An event-based gateway.
#[derive(Debug)]
pub struct EventBasedGateway {
    /// The catch events and receive tasks behind it, in document order of its flows.
    pub events: Vec<ElementIndex>,
    /// `instantiate`: the first of its messages starts an instance.
    pub instantiate: bool,
}
