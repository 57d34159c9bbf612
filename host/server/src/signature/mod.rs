//! Signatures over components: who vouches for one.
//!
//! A signature is detached, a line of text that travels beside the component: signing changes neither its bytes nor its
//! digest. It says the key that has made it; whether that key is trusted is the operator's decision (`policy`),
//! taken when a component comes and again when its code is loaded.

mod key;
mod policy;
mod text;

pub(crate) use key::SigningKey;
pub(crate) use policy::{Distrust, Mode, Policy};
pub(crate) use text::{ParseError, PublicKey, Signature};
