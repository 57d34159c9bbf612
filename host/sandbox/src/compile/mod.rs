//! Where components become code: away from the jobs, within limits, one after the other.
//!
//! A compiler takes time and memory that depend on what it is given, and strangers write what it is given.
//! So a host lets a child process compile, which the system stops at its limits; what the child dies of, the host
//! survives. Tests and tools that trust their components compile in their own process.
//! The parent's side is `child`, the child's `inside`, and `queue` lets them take turns.

mod child;
mod inside;
mod queue;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use wasmtime::Engine;

pub use inside::{ChildSettings, compile_inside};
pub(crate) use queue::{Queue, Turn};

use crate::Error;
use crate::text::{duration, size};

/// Who compiles.
#[derive(Clone, Debug, Default)]
pub enum Compiler {
    /// This process, without limits: for components that are trusted.
    #[default]
    InProcess,
    /// A process of its own, within limits: for components of strangers.
    Child(ChildCompiler),
}

/// A program that compiles one component, by calling [`compile_inside`].
#[derive(Clone, Debug)]
pub struct ChildCompiler {
    /// The program.
    pub program: PathBuf,
    /// Its arguments; those of [`ChildSettings::arguments`] follow.
    pub arguments: Vec<OsString>,
    /// What one compilation may take.
    pub limits: CompileLimits,
}

/// What one compilation may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// The time that it may compute, on all processors together. The system counts whole seconds.
    pub cpu_time: Duration,
    /// From its start to its end.
    pub wall_time: Duration,
    /// Its address space, in bytes.
    pub memory_bytes: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            cpu_time: Duration::from_secs(600),
            wall_time: Duration::from_secs(540),
            memory_bytes: 2 << 30,
        }
    }
}

/// The limit that a compilation has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileLimit {
    /// [`CompileLimits::cpu_time`].
    CpuTime(Duration),
    /// [`CompileLimits::wall_time`].
    WallTime(Duration),
    /// [`CompileLimits::memory_bytes`].
    MemoryBytes(u64),
    /// Compiled code that is larger than is kept, in bytes.
    CodeBytes(u64),
}

impl fmt::Display for CompileLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::CpuTime(time) => write!(f, "the limit of its CPU time is {}", duration(time)),
            Self::WallTime(time) => write!(f, "the limit of its time is {}", duration(time)),
            Self::MemoryBytes(bytes) => write!(f, "the limit of its memory is {}", size(bytes)),
            Self::CodeBytes(bytes) => write!(f, "the limit of its result is {}", size(bytes)),
        }
    }
}

impl Compiler {
    /// The code of a component, in the form that the cache keeps.
    ///
    /// Dropping the future ends a child; a compilation in this process goes on to its end.
    pub(crate) async fn compile(&self, engine: &Engine, component: Bytes) -> Result<Vec<u8>, Error> {
        match self {
            Self::InProcess => {
                let engine = engine.clone();
                let compiled =
                    tokio::task::spawn_blocking(move || engine.precompile_component(&component)).await;
                compiled
                    .map_err(|_| Error::Interrupted)?
                    .map_err(|error| Error::Invalid(format!("{error:#}")))
            }
            Self::Child(compiler) => compiler.compile(component).await,
        }
    }
}
