//! Which flows are taken: by exclusive, inclusive and complex gateways, and by activities whose flows have conditions.

use bpmn::model::{Element, ElementKind, FlowIndex};
use types::ElementInstanceKey;

use super::complete::Leave;
use super::run::Run;
use super::trouble::Trouble;
use crate::state::IncidentKind;

impl<'a> Run<'a> {
    /// The first flow whose condition holds. None where no flow leads on: the path ends there.
    pub(super) fn choose_one(
        &self,
        gateway: &'a Element,
        default: Option<FlowIndex>,
        scope: ElementInstanceKey,
    ) -> Result<Option<FlowIndex>, Trouble> {
        if gateway.outgoing.is_empty() {
            return Ok(None);
        }
        for index in &gateway.outgoing {
            match &self.process.flow(*index).condition {
                Some(condition) if self.condition(condition, scope)? => return Ok(Some(*index)),
                Some(_) => {}
                None if Some(*index) != default => return Ok(Some(*index)),
                None => {}
            }
        }
        default.map(Some).ok_or_else(|| none_holds(gateway))
    }

    /// Every flow whose condition holds, or the default.
    pub(super) fn choose_some(
        &self,
        element: &Element,
        default: Option<FlowIndex>,
        scope: ElementInstanceKey,
    ) -> Result<Vec<FlowIndex>, Trouble> {
        let mut chosen = Vec::new();
        for index in &element.outgoing {
            let is_taken = match &self.process.flow(*index).condition {
                Some(condition) => self.condition(condition, scope)?,
                None => Some(*index) != default,
            };
            if is_taken {
                chosen.push(*index);
            }
        }
        match (chosen.is_empty(), default) {
            (false, _) => Ok(chosen),
            (true, Some(default)) => Ok(vec![default]),
            (true, None) if element.outgoing.is_empty() => Ok(chosen),
            (true, None) => Err(none_holds(element)),
        }
    }

    /// Where an element is left to: for most along all flows, for gateways and where flows have conditions along those
    /// that are chosen. What was chosen on entering is chosen again when listeners or an incident came in between.
    pub(super) fn outgoing_flows(
        &self,
        element: &'a Element,
        scope: ElementInstanceKey,
    ) -> Result<Leave, Trouble> {
        match &element.kind {
            ElementKind::ExclusiveGateway { default } => {
                self.choose_one(element, *default, scope).map(|flow| Leave::Flows(flow.into_iter().collect()))
            }
            ElementKind::InclusiveGateway { default } => {
                self.choose_some(element, *default, scope).map(Leave::Flows)
            }
            // Its tokens went on when it was activated.
            ElementKind::ComplexGateway(_) if element.waits_for_reset() => Ok(Leave::Flows(Vec::new())),
            ElementKind::ComplexGateway(gateway) => {
                self.choose_some(element, gateway.default, scope).map(Leave::Flows)
            }
            // The event that has happened went on.
            ElementKind::EventBasedGateway(_) => Ok(Leave::Flows(Vec::new())),
            _ if element.outgoing.iter().all(|flow| self.process.flow(*flow).condition.is_none()) => {
                Ok(Leave::All)
            }
            _ => self.choose_some(element, element.default_flow, scope).map(Leave::Flows),
        }
    }
}

fn none_holds(element: &Element) -> Trouble {
    let what = match element.kind {
        ElementKind::ExclusiveGateway { .. }
        | ElementKind::InclusiveGateway { .. }
        | ElementKind::ComplexGateway(_) => "gateway",
        _ => "activity",
    };
    Trouble::new(
        IncidentKind::ConditionError,
        format!("no condition of {what} `{}` holds and it has no default flow", element.id),
    )
}
