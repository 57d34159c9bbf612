//! The sandbox's tests: real components in a real sandbox, with a host in memory and servers on this machine.

mod support;

mod compile;
mod hostile;
mod isolation;
mod network;
mod offers;
mod secrets;
