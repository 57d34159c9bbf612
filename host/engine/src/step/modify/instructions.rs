//! The instructions of a modification, as its caller knows them.

use crate::rejection::Rejection;

/// Where instructions come from, for messages.
#[derive(Clone, Copy)]
pub(super) enum Instructions {
    Start,
    Activate,
    Move,
}

impl Instructions {
    /// The field of the request.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Start => "startInstructions",
            Self::Activate => "activateInstructions",
            Self::Move => "moveInstructions",
        }
    }

    /// The refusal of one of them.
    pub(super) fn refuse(self, message: String) -> Rejection {
        Rejection::InvalidArgument { field: self.field(), message }
    }
}
