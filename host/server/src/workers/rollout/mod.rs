//! Roll-outs: which versions of components do the jobs of a type, and how they come and go.
//!
//! A [`Plan`] is what an operator asks for; the store has it as a row, and each change of it as another one. A [`Choice`]
//! is made of a plan and the components that are there: each attempt asks it once, without allocating. A plan with a
//! guard has a [`Watch`], which counts how attempts end; when it finds that a version fails too often it rings,
//! and the guardian goes back to the stable version.
//!
//! Figures are in memory: a host that starts again counts from nothing.

mod plan;

mod choice;
mod range;
mod unserved;

mod guarded;
mod watch;

mod change;
mod digests;
mod guardian;
mod platform;
mod registered;

pub(super) use choice::{Candidate, Choice};
pub(super) use digests::digests_of;
pub(super) use guardian::Guardian;
pub(crate) use plan::{Guard, Label, Pin, Plan, Process, Share, SplitBy};
pub(super) use registered::Rollouts;
pub(super) use watch::Bell;

#[cfg(test)]
mod tests;
