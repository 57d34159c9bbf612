//! Secrets: sealed in the store, opened only for the job that was granted them.
//!
//! One random key seals them; it lies beside the database, or comes from the environment. Values are wiped from memory
//! after use and never shown: what this module gives out is [`sandbox::SecretString`].

mod keeper;
mod key;
mod seal;
mod tokens;

pub(crate) use keeper::{Error, OpenError, Vault};
pub(crate) use key::{KEY_FILE, KeyError, MasterKey, Purpose};
pub(crate) use tokens::Tokens;
