//! BPMN 2.0 XML, as Camunda Modeler writes it, to checked and executable processes.
//!
//! [`parse`] reads a file into [`Process`]es, or says with line, column and a stable rule id why it does not.
//! [`load`] reads one that was accepted before: rules that a later release has added do not stop running instances.
//!
//! Must never depend on: tokio, sqlx, wasmtime, the engine. No I/O, no clock.

mod parse;

mod diagnostic;
mod findings;
mod render;
mod rule;

pub mod model;
pub mod timer;

mod check;
mod read;

mod expression;
mod reading;
mod secrets;
mod variable;
mod xml;

pub use check::ID_BYTES_MAX;
pub use diagnostic::{Diagnostic, Severity};
pub use model::Process;
pub use parse::{Options, Parsed, load, parse};
pub use render::render_all;
pub use rule::Rule;
pub use secrets::SECRET_NAME_BYTES_MAX;
pub use xml::RESOURCE_BYTES_MAX;
