//! `fermata:host/effects`: refused, because this host does not record effects.

use crate::bindings::host::fermata::host::effects::{Begun, Error, Host};
use crate::host::JobState;

/// What a guest is told.
const NOT_OFFERED: &str =
    "this host does not record effects: send the job's idempotency key to the vendor instead";

impl Host for JobState {
    fn begin(&mut self, _name: String, _digest: Vec<u8>) -> Result<Begun, Error> {
        Err(Error::NotOffered(NOT_OFFERED.to_owned()))
    }

    fn finish(&mut self, _name: String, _answer: Vec<u8>) -> Result<(), Error> {
        Err(Error::NotOffered(NOT_OFFERED.to_owned()))
    }
}
