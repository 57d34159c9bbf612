//! Whether a part of a language has an effect here, as the tables of what is supported say it.

use std::fmt;

/// Whether a part of a language is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// As the standard says, and in Camunda as well.
    Supported,
    /// As the standard says; Camunda refuses it or reads over it.
    BeyondCamunda,
    /// A model that has it is refused, with a message that says what to do.
    Refused,
    /// Describes or draws: it has no effect.
    Ignored,
}

impl fmt::Display for Support {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Supported => "supported",
            Self::BeyondCamunda => "beyond Camunda",
            Self::Refused => "refused",
            Self::Ignored => "ignored",
        })
    }
}
