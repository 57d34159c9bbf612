//! What the readers of BPMN and DMN share: XML within limits, texts that know where in the source they come from,
//! and diagnostics with line, column and rule.
//!
//! Must never depend on: the languages that are read with it. No I/O, no clock.

pub mod diagnostic;
pub mod findings;
pub mod rule;

mod document;
mod limits;
mod node;
mod render;
mod support;
mod text;

pub use diagnostic::{Diagnostic, Severity};
pub use document::read;
pub use findings::{Findings, Occasion, Place, Reported};
pub use limits::RESOURCE_BYTES_MAX;
pub use node::{Node, attribute_place, enclosing_element, is_part, is_true, place, shortened, value};
pub use render::render_all;
pub use rule::Rule;
pub use support::Support;
pub use text::SourceText;
