//! Why a sandbox cannot be made or a component cannot be accepted.

use std::path::PathBuf;
use std::time::Duration;

use crate::compile::CompileLimit;
use crate::text::duration;
use crate::{Digest, LoadStage};

/// The exports that make a component a worker, newest first: one is enough, and the first of them is called.
pub const HANDLER_EXPORTS: [&str; 2] = ["fermata:worker/handler@0.2.0", "fermata:worker/handler@0.1.0"];

/// Why a sandbox cannot be made or a component cannot be accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not begin as WebAssembly does.
    #[error("not a WebAssembly component: the file does not begin with the WebAssembly magic number")]
    NotWasm,
    /// The bytes are a core module, what compilers write before components are made of it.
    #[error(
        "a core WebAssembly module, not a component: build it for wasm32-wasip2, \
         or make a component of it with `fermata worker pack --wit fermata/wit`"
    )]
    CoreModule,
    /// The component is larger than the host accepts.
    #[error("the component takes {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Its size, in bytes.
        bytes: usize,
        /// What the host accepts, in bytes.
        limit: usize,
    },
    /// The component holds too many others. For each of them the compiler takes some kilobytes, however small it is.
    #[error("the component is made of more than {limit} components and modules")]
    TooManyParts {
        /// What the host accepts, the component itself included.
        limit: usize,
    },
    /// The bytes begin as a component but are not a valid one.
    #[error("not a valid WebAssembly component: {0}")]
    Invalid(String),
    /// The component exports no handler that this host knows.
    #[error(
        "the component is written for another world: expected an export `{}` or `{}`, found {}",
        HANDLER_EXPORTS[0],
        HANDLER_EXPORTS[1],
        listed(found)
    )]
    NoHandler {
        /// The names of what it exports.
        found: Vec<String>,
    },
    /// The component exports a handler of the right name whose functions have other types.
    #[error("the export `{export}` has another shape than this host knows: {reason}")]
    HandlerDiffers {
        /// The export.
        export: &'static str,
        /// Where they differ.
        reason: String,
    },
    /// The component imports something that this host does not offer; the text names it.
    #[error("the component needs what this host does not offer: {0}")]
    UnknownImport(String),
    /// The bytes are not those that were asked for.
    #[error("the stored component has the digest {found}, expected {expected}: its bytes were changed")]
    DigestDiffers {
        /// What was asked for.
        expected: Digest,
        /// What the bytes have.
        found: Digest,
    },
    /// The component's bytes could not be read from where they are stored.
    #[error("the component's bytes are not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Compiled code could not be written.
    #[error("the cache of compiled components at {} cannot be used", path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The runtime did not accept its configuration.
    #[error("the sandbox cannot be set up: {0}")]
    SetUp(String),
    /// Compilation ended without a result.
    #[error("compilation was interrupted")]
    Interrupted,
    /// Compiling it takes more than the host gives.
    #[error("the component takes too much to compile: {0}")]
    CompileLimit(CompileLimit),
    /// The host had hardly any time of its processors for it.
    #[error(
        "the host was too busy to compile the component: it got {} of a processor within {}; try again",
        duration(*computed),
        duration(*wall_time)
    )]
    CompilerStarved {
        /// What it has computed, on all processors together.
        computed: Duration,
        /// From its start to its end.
        wall_time: Duration,
    },
    /// The compiler has ended, and not by a limit.
    #[error("the compiler cannot take the component, it ended with {0}")]
    CompilerDied(String),
    /// Many components wait to be compiled.
    #[error("{waiting} components wait to be compiled already: try again in a while")]
    CompilerBusy {
        /// How many.
        waiting: usize,
    },
    /// The code is not there in time. Loading it goes on, so that it may be there for the next who asks.
    #[error("its code is not there after {}: {stage}", duration(*patience))]
    NotLoadedYet {
        /// How long it was waited for.
        patience: Duration,
        /// What it was waited for.
        stage: LoadStage,
    },
    /// The system gives no process to compile in, or does not let this one talk to it.
    #[error("the compiler cannot be run")]
    CompilerStart(#[source] std::io::Error),
}

fn listed(names: &[String]) -> String {
    /// How many exports a message names.
    const NAMES_MAX: usize = 10;
    if names.is_empty() {
        return "no exports".to_owned();
    }
    let mut text =
        names.iter().take(NAMES_MAX).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > NAMES_MAX {
        text.push_str(&format!(" and {} more", names.len() - NAMES_MAX));
    }
    text
}
