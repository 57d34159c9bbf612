//! The commands, one file each: its arguments, what it asks of a host, what it prints.

pub(crate) mod demo;
pub(crate) mod serve;

pub(crate) mod conditions;
pub(crate) mod deploy;
pub(crate) mod evaluate;
pub(crate) mod lint;
pub(crate) mod message;
pub(crate) mod signal;
pub(crate) mod start;

pub(crate) mod backup;
pub(crate) mod restore;
pub(crate) mod resume;

pub(crate) mod attempts;
pub(crate) mod cancel;
pub(crate) mod export;
pub(crate) mod incidents;
pub(crate) mod instances;

pub(crate) mod secret;
pub(crate) mod worker;

pub(crate) mod compile_component;
pub(crate) mod new;
pub(crate) mod wit;

mod model;
mod project;
mod similar;
mod variables;
mod waiting;

pub(crate) use compile_component::COMPILE_COMMAND;
