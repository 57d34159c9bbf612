//! BPMN 2.0 XML, as Camunda Modeler writes it, to checked and executable processes.
//!
//! [`parse()`] reads a file into [`Process`]es, or says with line, column and a stable rule id why it does not.
//! [`load()`] reads one that was accepted before: rules that a later release has added do not stop running instances.
//!
//! Must never depend on: tokio, sqlx, wasmtime, the engine. No I/O, no clock.

mod parse;

mod backoff;
mod rule;
pub mod support;

pub mod model;
pub mod timer;

mod outline;

mod check;
mod read;

mod expression;
mod form;
mod reading;
mod secrets;
mod variable;
mod xml;

pub use backoff::Backoff;
pub use check::ID_BYTES_MAX;
pub use fermata_xml::{Diagnostic, RESOURCE_BYTES_MAX, Rule, Severity, render_all};
use fermata_xml::{diagnostic, findings};
pub use form::{FormIdentity, ParsedForm, parse_form};
pub use model::Process;
pub use parse::{Options, Parsed, load, parse};
pub use read::WORKER_VERSION;
pub use rule::camunda::{CAMUNDA_RULES, CamundaRule, Here};
pub use rule::{RULES, markdown as rules_markdown};
pub use secrets::SECRET_NAME_BYTES_MAX;
