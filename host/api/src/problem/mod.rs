//! Answers that say what went wrong: RFC 9457 `application/problem+json` with all five of its members.
//!
//! A handler gives a [`Problem`]; [`write()`] puts it into words on the way out, where the path is known.
//! It also finds words for what axum refuses by itself, so that no answer is without.

mod content;
mod convert;
mod write;

pub(crate) use content::Problem;
pub(crate) use convert::Finding;
pub(crate) use write::write;
