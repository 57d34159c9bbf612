//! The files that a new worker begins with: a language's template and SDK, and the WIT packages.
//!
//! They are embedded, so that a project is complete whatever registries its author can reach. A language is offered
//! when its template is there; this crate knows no file of any of them.
//!
//! Must never depend on: anything of the host. The command line and the build tools share it.

mod language;
mod name;

mod embedded;
mod error;
mod files;

mod write;

pub use error::Error;
pub use files::{File, wit_files, worker_files};
pub use language::{Language, ParseLanguageError};
pub use name::{NAME_BYTES_MAX, Name, ParseNameError};
pub use write::{wit, worker};
