//! What a text may use besides FEEL's own words.

use crate::types::Types;

/// Names that stand in a text although FEEL does not bring them.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary<'n> {
    /// Names of variables that hold spaces or other signs, as DMN allows it; simple names need not be among them.
    pub names: &'n [&'n str],
    /// Types that a model defines.
    pub types: &'n Types,
}

impl Default for Vocabulary<'_> {
    fn default() -> Self {
        static NONE: Types = Types::NONE;
        Vocabulary { names: &[], types: &NONE }
    }
}
