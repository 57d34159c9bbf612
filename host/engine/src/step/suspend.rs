//! Holding an instance: it keeps what it has, and nothing goes on by itself until it is let go.
//!
//! A held instance takes what others have done: results of jobs that were running, messages, signals, the ends of called
//! instances. Each step of it begins with a spent allowance, so that tokens stop on the next flow, as those of an instance
//! that has done too much do. Its jobs are not handed out, and its timers do not fire. Operators can repair it meanwhile.

use super::run::Run;
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::ProcessInstance;

impl Run<'_> {
    /// Holds the instance. One that is held stays so.
    pub(super) fn suspend_instance(&mut self) -> Result<(), Rejection> {
        if !self.active_instance()?.suspended {
            self.emit(Event::Suspended {});
        }
        Ok(())
    }

    /// Lets a held instance go on, with the tokens that have stopped.
    pub(super) fn unsuspend_instance(&mut self) -> Result<(), Rejection> {
        if !self.active_instance()?.suspended {
            return Ok(());
        }
        self.emit(Event::Unsuspended {});
        self.renew_allowance();
        self.resume()
    }

    /// The instance, unless it has ended.
    pub(super) fn active_instance(&self) -> Result<&ProcessInstance, Rejection> {
        let key = self.state.instance().map_or(types::Key::from_i64(0), |instance| instance.key.0);
        self.state
            .instance()
            .filter(|_| self.state.is_active())
            .ok_or(Rejection::NotFound { kind: EntityKind::ProcessInstance, key })
    }
}
