//! How long jobs compute, and whose turn it is to do so.
//!
//! A job is a future that a thread polls now and then, for some milliseconds at most: then the `ticker` interrupts its guest.
//! Jobs that are done in a moment are polled by the threads that all of the host shares. Those that compute for long,
//! or whose component is known for such jobs, have threads of their own, of a lower priority, and take turns there.

mod habit;
mod meter;
mod processors;
mod turns;

pub(crate) use habit::Habit;
pub(crate) use meter::CpuMeter;
pub(crate) use processors::Processors;
