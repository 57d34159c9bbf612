//! Answers that say what went wrong: RFC 9457 `application/problem+json` with all five of its members.
//!
//! A handler gives a [`Problem`]; the middleware [`write`] puts it into words, because only it knows the path.
//! It also finds words for what axum refuses by itself, so that no answer is without.

mod content;
mod convert;
mod write;

pub(crate) use content::Problem;
pub(crate) use convert::Finding;
pub(crate) use write::write;
