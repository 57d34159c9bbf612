//! The section `[components]` of the configuration.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use sandbox::{ChildCompiler, CompileLimits, Compiler};
use serde::Deserialize;

use crate::commands::COMPILE_COMMAND;
use crate::signature::{Mode, Policy, PublicKey};

/// The least memory that a compiler starts in, in bytes.
const COMPILE_MEMORY_BYTES_MIN: u64 = 256 << 20;

/// How a host treats what is uploaded to it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ComponentSettings {
    /// The CPU time that compiling one component may take, in seconds.
    compile_cpu_seconds: u64,
    /// The time that it may take, in seconds.
    compile_seconds: u64,
    /// The address space that it may take, in bytes.
    compile_memory_bytes: u64,
    /// Compiled code that is kept in memory, in bytes.
    pub(crate) loaded_bytes: u64,
    /// Whether components have to be signed.
    signatures: Mode,
    /// The keys whose signatures count.
    trusted_keys: Vec<PublicKey>,
}

impl Default for ComponentSettings {
    fn default() -> Self {
        let CompileLimits { cpu_time, wall_time, memory_bytes } = CompileLimits::default();
        Self {
            compile_cpu_seconds: cpu_time.as_secs(),
            compile_seconds: wall_time.as_secs(),
            compile_memory_bytes: memory_bytes,
            loaded_bytes: sandbox::LOADED_BYTES_MAX,
            signatures: Mode::default(),
            trusted_keys: Vec::new(),
        }
    }
}

impl ComponentSettings {
    /// Refuses what makes no sense.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.compile_cpu_seconds == 0 || self.compile_seconds == 0 {
            anyhow::bail!(
                "`components.compile_seconds` or `compile_cpu_seconds` is 0: nothing could ever be compiled"
            );
        }
        if self.compile_memory_bytes < COMPILE_MEMORY_BYTES_MIN {
            anyhow::bail!("`components.compile_memory_bytes` is at least {COMPILE_MEMORY_BYTES_MIN}");
        }
        if self.signatures == Mode::Required && self.trusted_keys.is_empty() {
            anyhow::bail!(
                "`components.signatures` is \"required\" and `trusted_keys` names no key: nothing could ever be uploaded"
            );
        }
        Ok(())
    }

    /// Whose components are accepted.
    pub(crate) fn signatures(&self) -> Policy {
        Policy { mode: self.signatures, trusted: self.trusted_keys.clone() }
    }

    /// This very program as a compiler.
    pub(crate) fn compiler(&self) -> std::io::Result<Compiler> {
        Ok(Compiler::Child(ChildCompiler {
            program: own_program()?,
            arguments: vec![OsString::from(COMPILE_COMMAND)],
            limits: CompileLimits {
                cpu_time: Duration::from_secs(self.compile_cpu_seconds),
                wall_time: Duration::from_secs(self.compile_seconds),
                memory_bytes: self.compile_memory_bytes,
            },
        }))
    }
}

/// The program that runs, also when its file was replaced meanwhile, as upgrades do.
fn own_program() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() }
}
