//! Variables.

use types::{Json, VariableKey};

/// A variable in its scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its key.
    pub key: VariableKey,
    /// Its value.
    pub value: Json,
}
