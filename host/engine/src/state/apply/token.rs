//! Tokens that wait.

use bpmn::Process;
use types::ElementInstanceKey;

use crate::event::Event;
use crate::state::{InstanceState, TokenPlace};

impl InstanceState {
    pub(super) fn apply_to_token(&mut self, event: &Event, process: &Process) {
        match event {
            Event::TokenParked { scope, flow } => {
                let place = TokenPlace { scope: *scope, flow: flow.clone() };
                self.touched.tokens.mark(&place, self.tokens.has_any_at(&place));
                self.tokens.add(place, 1, process);
            }
            Event::TokenTaken { scope, flow } => {
                let place = TokenPlace { scope: *scope, flow: flow.clone() };
                if self.tokens.take(&place, process) {
                    self.touched.tokens.mark(&place, true);
                }
            }
            other => debug_assert!(false, "{other:?} is not about tokens"),
        }
    }

    pub(super) fn remove_tokens(&mut self, scope: ElementInstanceKey) {
        for place in self.tokens.take_scope(scope) {
            self.touched.tokens.mark(&place, true);
        }
    }
}
