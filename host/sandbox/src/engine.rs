//! The sandbox: one engine, one linker, one HTTP client and one ticker for all components and jobs.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use tokio::sync::Semaphore;
use wasmtime::component::Linker;
use wasmtime::{Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::cache::Cache;
use crate::compile::{Compiler, Queue};
use crate::cpu::Processors;
use crate::host::{JobState, linker};
use crate::loaded::{LOADED_BYTES_MAX, Loaded};
use crate::memory::{CORE_INSTANCES_MAX, MEMORIES_MAX, TABLES_MAX};
use crate::network::{Client, Resolve, SystemResolver};
use crate::ticker::Ticker;
use crate::{Error, limits};

/// Jobs that run at the same time.
pub const CONCURRENCY: u32 = 64;
/// A component as it is uploaded, in bytes.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;
/// Components whose code is loaded, or was and is not used yet. Some are read while others wait for their jobs' turns;
/// each may take as much memory as its code.
const LOADS_MAX: usize = 8;
/// The stack of a guest, in bytes.
pub const STACK_BYTES: usize = 512 << 10;

/// The part of a job's stack that is left to the host's functions, in bytes.
const HOST_STACK_BYTES: usize = 1536 << 10;
/// Memory that an idle slot keeps mapped instead of giving it back to the system, in bytes.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;
/// Idle slots that keep their last component's memory image.
const WARM_SLOTS_MAX: u32 = 32;
/// Frames of a guest's stack in a trace.
const BACKTRACE_FRAMES_MAX: usize = 20;

/// How a sandbox is set up.
pub struct Config {
    /// Where compiled components are kept between runs of the host; `None` compiles again after each start.
    pub cache: Option<CacheConfig>,
    /// Who compiles.
    pub compiler: Compiler,
    /// Compiled code that is kept in memory, in bytes; what was not used for the longest time goes first.
    pub loaded_bytes_max: u64,
    /// Jobs that run at the same time; further ones wait for their turn.
    pub concurrency: u32,
    /// What a component may take as it is uploaded, in bytes.
    pub component_bytes_max: usize,
    /// The stack of a guest, in bytes.
    pub stack_bytes: usize,
    /// Certificate authorities to trust beside the public ones.
    pub extra_root_certificates: Vec<CertificateDer<'static>>,
    /// Turns names of hosts into addresses.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cache: None,
            compiler: Compiler::default(),
            loaded_bytes_max: LOADED_BYTES_MAX,
            concurrency: CONCURRENCY,
            component_bytes_max: COMPONENT_BYTES_MAX,
            stack_bytes: STACK_BYTES,
            extra_root_certificates: Vec::new(),
            resolver: Arc::new(SystemResolver),
        }
    }
}

/// Where compiled components are kept.
#[derive(Clone)]
pub struct CacheConfig {
    /// The folder. It is made when it is missing.
    pub dir: PathBuf,
    /// Proves that a file was written by this host. Compiled code is trusted as the host itself is:
    /// whoever knows the key and can write to the folder owns the host.
    pub key: [u8; 32],
}

/// Compiles components and runs jobs in them. Clones share everything.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    // First, so that its thread has ended when the engine goes.
    pub(crate) ticker: Ticker,
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<JobState>,
    pub(crate) client: Client,
    pub(crate) cache: Option<Cache>,
    /// One permit for each job that may run.
    pub(crate) slots: Arc<Semaphore>,
    /// Where jobs compute.
    pub(crate) processors: Processors,
    pub(crate) compiler: Compiler,
    pub(crate) compilations: Queue,
    pub(crate) loaded: Arc<Loaded>,
    /// One permit for each component that is loaded ahead of its use.
    pub(crate) loads: Arc<Semaphore>,
    pub(crate) component_bytes_max: usize,
    pub(crate) stack_bytes: usize,
}

impl Sandbox {
    /// Sets the runtime up and reserves address space (not memory) for all jobs.
    ///
    /// # Errors
    /// The system refuses what the configuration asks for, or a certificate or the cache's folder is of no use.
    pub fn new(config: Config) -> Result<Self, Error> {
        let set_up = |error: wasmtime::Error| Error::SetUp(format!("{error:#}"));
        let engine = Engine::new(&engine_config(&config)).map_err(set_up)?;
        let linker = linker(&engine).map_err(set_up)?;
        let client = Client::new(&config.extra_root_certificates, &config.resolver)
            .map_err(|error| Error::SetUp(format!("a root certificate is not acceptable: {error}")))?;
        let no_thread = |error| Error::SetUp(format!("no thread to be had: {error}"));
        let ticker = Ticker::start(engine.weak()).map_err(no_thread)?;
        let processors = Processors::start().map_err(no_thread)?;
        let cache = config.cache.map(|cache| Cache::open(cache, &engine)).transpose()?;
        Ok(Self {
            inner: Arc::new(Inner {
                ticker,
                engine,
                linker,
                client,
                cache,
                slots: Arc::new(Semaphore::new(config.concurrency as usize)),
                processors,
                compiler: config.compiler,
                compilations: Queue::default(),
                loaded: Arc::new(Loaded::new(config.loaded_bytes_max)),
                loads: Arc::new(Semaphore::new(LOADS_MAX)),
                component_bytes_max: config.component_bytes_max,
                stack_bytes: config.stack_bytes,
            }),
        })
    }
}

fn engine_config(config: &Config) -> wasmtime::Config {
    let jobs = config.concurrency;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(jobs)
        .total_core_instances(jobs.saturating_mul(CORE_INSTANCES_MAX))
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .total_memories(jobs.saturating_mul(MEMORIES_MAX))
        .max_memories_per_component(MEMORIES_MAX)
        .total_tables(jobs.saturating_mul(TABLES_MAX))
        .max_tables_per_component(TABLES_MAX)
        .max_tables_per_module(TABLES_MAX)
        .max_memories_per_module(MEMORIES_MAX)
        .table_elements(limits::TABLE_ELEMENTS_MAX)
        .total_stacks(jobs)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .max_unused_warm_slots(WARM_SLOTS_MAX.min(jobs))
        .pagemap_scan(Enabled::Auto);
    let mut engine = compiler_config();
    engine
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .max_wasm_stack(config.stack_bytes)
        .async_stack_size(config.stack_bytes + HOST_STACK_BYTES)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(BACKTRACE_FRAMES_MAX));
    engine
}

/// What code depends on: all that whoever compiles and whoever runs have to agree on.
pub(crate) fn compiler_config() -> wasmtime::Config {
    let mut engine = wasmtime::Config::new();
    engine
        // WASI 0.2 has no concurrency inside of a guest; without it a store is cheaper to make.
        .concurrency_support(false)
        .epoch_interruption(true);
    engine
}
