//! What a job's store holds, and the linker that connects components to it.

use std::sync::Arc;

use types::JobRequest;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_config::{WasiConfig, WasiConfigVariables};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

#[cfg(test)]
use wasmtime_wasi::{FsPerms, p2::pipe::MemoryInputPipe};

use crate::LogSource;
use crate::bindings::host::Offers;
use crate::handler;
use crate::host::Attempt;
use crate::host::body_error::tell_causes;
use crate::host::output::Output;
use crate::host::resources::{HEADER_BYTES_MAX, RESOURCES_MAX, bound_requests};
use crate::memory::MemoryMeter;
use crate::network::{Client, Outgoing};

/// Random bytes that a guest may ask for in one call.
const RANDOM_BYTES_MAX: u64 = 1 << 20;

/// What a job's store holds.
pub(crate) struct JobState {
    pub(super) job: JobRequest,
    pub(crate) attempt: Arc<Attempt>,
    pub(crate) memory: MemoryMeter,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outgoing: Outgoing,
    settings: WasiConfigVariables,
}

impl JobState {
    pub(crate) fn new(job: JobRequest, attempt: &Arc<Attempt>, client: &Client) -> Self {
        let policy = &attempt.policy;
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES_MAX);
        // No folders, no environment, no arguments, no sockets: what is not named here is empty or denied.
        let wasi = WasiCtx::builder()
            .stdout(Output::new(attempt, LogSource::Stdout))
            .stderr(Output::new(attempt, LogSource::Stderr))
            .max_random_size(RANDOM_BYTES_MAX)
            .build();
        Self {
            job,
            attempt: Arc::clone(attempt),
            memory: MemoryMeter::new(&policy.limits),
            table,
            wasi,
            http,
            outgoing: Outgoing::new(attempt, client),
            settings: policy.settings.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

#[cfg(test)]
impl JobState {
    /// Takes the bounds away and opens the machine to the guest, for tests of what the guards are against.
    pub(crate) fn lift_bounds(&mut self) {
        self.table.set_max_capacity(usize::MAX);
        self.http.set_field_size_limit(usize::MAX);
        self.outgoing.lift_bounds();
        self.wasi = WasiCtx::builder()
            .max_random_size(u64::MAX)
            .env("HOST_TOKEN", "of the host")
            .arg("--of-the-host")
            .stdin(MemoryInputPipe::new("typed at the host"))
            .inherit_network()
            .allow_tcp(true)
            .allow_udp(true)
            .allow_ip_name_lookup(true)
            .preopened_dir(env!("CARGO_MANIFEST_DIR"), "/", FsPerms::ReadOnly)
            .expect("the folder exists")
            .build();
    }
}

impl WasiView for JobState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for JobState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outgoing, table: &mut self.table, ctx: &mut self.http }
    }
}

/// The interface of which some functions are this host's own, as the runtime links it.
const HTTP_TYPES: &str = "wasi:http/types@0.2.12";

/// The linker of all that the host offers, with its bounds.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<JobState>> {
    let mut linker = offers(engine)?;
    linker.allow_shadowing(true);
    let mut types = linker.instance(HTTP_TYPES)?;
    bound_requests(&mut types)?;
    tell_causes(&mut types)?;
    linker.allow_shadowing(false);
    Ok(linker)
}

/// All that the host offers. Language runtimes import all of WASI, needed or not.
pub(crate) fn offers(engine: &Engine) -> wasmtime::Result<Linker<JobState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi_config::add_to_linker(&mut linker, |state: &mut JobState| {
        WasiConfig::from(&state.settings)
    })?;
    Offers::add_to_linker::<_, HasSelf<JobState>>(&mut linker, |state| state)?;
    handler::add_to_linker(&mut linker)?;
    Ok(linker)
}
