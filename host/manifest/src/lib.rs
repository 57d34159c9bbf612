//! What a WebAssembly component says about itself, read without running any of it.
//!
//! - [`Manifest`]: the component's name, version, job types and wishes, written by its author as `component.toml`
//!   and carried as JSON in the custom section [`SECTION_NAME`] of the component.
//! - [`embed`], [`read`]: that custom section.
//! - [`componentize`]: the component of a core module, which is what compilers of C and Go make.
//! - [`inspect`]: what a component exports and imports, and whether this host could run it.
//!
//! This crate must never depend on wasmtime, on the engine or on anything that does I/O:
//! build tools, the host and the command line share it.

mod inspect;
mod invalid;
mod manifest;
mod module;
mod offered;
mod place;
mod problem;
mod section;
mod validate;
mod wanted_limits;

pub use inspect::{InspectError, Inspection, inspect};
pub use invalid::Invalid;
pub use manifest::{ConfigKey, InputField, Kind, Manifest, ManifestError, WantedHost, WantedSecret};
pub use module::{ModuleError, componentize, is_module};
pub use offered::{HANDLER_NAMES, is_offered_import};
pub use place::Place;
pub use problem::Problem;
pub use section::{SECTION_NAME, SectionError, embed, read};
pub use validate::limits;
pub use wanted_limits::WantedLimits;
