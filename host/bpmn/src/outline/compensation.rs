//! What undoes which activity: compensation boundary events, and the associations that lead from them to handlers.

use super::{FlowNode, Outline};
use crate::findings::Reported;
use crate::model::{Compensation, ElementIndex};
use crate::reading::Reading;
use crate::rule;
use crate::xml::{NodeExt, describe};

impl Outline<'_> {
    /// Notes that the compensation boundary event `event` says what undoes `activity`.
    pub(super) fn compensate(
        &mut self,
        reading: &mut Reading<'_>,
        activity: ElementIndex,
        event: ElementIndex,
    ) {
        let handler = self.handler_of(reading, event).transpose();
        let mut compensation = handler.map(|handler| Ok(Compensation { event, handler: handler? }));
        let node = self.node(event).node;
        let reason = if self.node(activity).compensation.is_some() {
            Some("is a second one for compensation: draw one handler, which may be a sub-process")
        } else if self.node(activity).is_for_compensation {
            Some("is attached to what undoes another activity, and is never undone itself")
        } else {
            None
        };
        if let Some(reason) = reason {
            let message = format!("{} {reason}", describe(node));
            let reported = reading.findings.error(rule::COMPENSATION_HANDLER, node.place(), message);
            compensation = Some(Err(reported));
        }
        self.nodes[activity.0 as usize].compensation = compensation;
    }

    /// The activity that the association of a compensation boundary event leads to; `None` when there is none.
    fn handler_of(
        &self,
        reading: &mut Reading<'_>,
        event: ElementIndex,
    ) -> Result<Option<ElementIndex>, Reported> {
        let FlowNode { node, id, parent, .. } = *self.node(event);
        let mut refuse = |place, reason: String| {
            let message = format!("{} {reason}", describe(node));
            Err(reading.findings.error(rule::COMPENSATION_HANDLER, place, message))
        };
        let mut associations = self.associations.get(id).into_iter().flatten().filter(|association| {
            // Those with something else, such as a text, only describe.
            association.value("targetRef").is_some_and(|target| self.node_by_id(target).is_some())
        });
        let Some(association) = associations.next() else {
            let message =
                format!("{} has no association with an activity: nothing is undone", describe(node));
            reading.findings.warning(rule::COMPENSATION_HANDLER, node.place(), message);
            return Ok(None);
        };
        if let Some(second) = associations.next() {
            return refuse(
                second.place(),
                "has a second association with an activity: draw one handler, which may be a sub-process"
                    .to_owned(),
            );
        }
        let target = association.value("targetRef").and_then(|target| self.node_by_id(target));
        let Some(handler) = target.transpose()? else {
            return refuse(association.place(), "has an association with nothing".to_owned());
        };
        let place = association.attribute_place("targetRef");
        let target = self.node(handler);
        if !target.is_for_compensation {
            let what = describe(target.node);
            return refuse(place, format!("leads to {what}, which is not marked with `isForCompensation`"));
        }
        if target.parent != parent {
            return refuse(place, format!("leads to `{}`, in another scope", target.id));
        }
        Ok(Some(handler))
    }
}
