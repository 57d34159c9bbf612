//! A whole host in this process: every part, wired together.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime::{Clock, Retention, Runtime, SecretTokens, SystemClock};
use rustls::pki_types::CertificateDer;
use sandbox::{CacheConfig, Limits, Sandbox};
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use types::TenantId;

use crate::retention::{self, HistoryFolder};
use crate::storage::Storage;
use crate::vault::{self, KeyError, MasterKey, Purpose, Tokens, Vault};
use crate::workers::{self, ComponentSettings, ModelSecrets, Prebuilt, Registry, Surroundings, Workers};

/// The folder in the data folder that keeps compiled components. It can be deleted at any time.
const COMPILED_FOLDER: &str = "compiled";

/// How a host is set up.
pub(crate) struct Options {
    /// Address and port to listen on; port 0 takes a free one.
    pub(crate) listen: String,
    /// Names beside `localhost` and the address by which callers may know the host.
    pub(crate) host_names: Vec<String>,
    /// The data folder, made when it is missing.
    pub(crate) data: PathBuf,
    /// The PostgreSQL database that keeps the state; `None` keeps it in the data folder.
    pub(crate) database_url: Option<String>,
    /// Partitions of a new database.
    pub(crate) partitions: NonZeroU16,
    /// The folder with the connectors that the host offers.
    pub(crate) connectors: Option<PathBuf>,
    /// Jobs that run in components at the same time.
    pub(crate) concurrency: u32,
    /// How many jobs tenants get in proportion to each other.
    pub(crate) tenant_weights: BTreeMap<TenantId, NonZeroU16>,
    /// A component as it is uploaded, in bytes.
    pub(crate) component_bytes_max: usize,
    /// How uploaded components are treated.
    pub(crate) components: ComponentSettings,
    /// What a job of a component may use where the component is granted nothing else.
    pub(crate) limits: Limits,
    /// Certificate authorities to trust beside the public ones.
    pub(crate) root_certificates: Vec<CertificateDer<'static>>,
    /// How long finished instances are kept.
    pub(crate) retention: retention::Settings,
    /// The key of the secrets; `None` keeps it in the data folder.
    pub(crate) secret_key: Option<MasterKey>,
}

/// A running host.
pub(crate) struct Host {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    runtime: Runtime,
    storage: Storage,
    server: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

/// Why a host does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// Another program listens there.
    #[error("{address} is in use by another program: choose another address with --listen")]
    AddressInUse {
        /// The address.
        address: String,
    },
    /// The system does not let it listen there.
    #[error("fermata cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The data folder is of no use.
    #[error("the data folder {} cannot be used", path.display())]
    Data {
        /// The folder.
        path: PathBuf,
        /// What the store says.
        #[source]
        source: store::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(store::Error),
    /// There is no key for the secrets.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The secrets cannot be opened.
    #[error(transparent)]
    Vault(#[from] vault::OpenError),
    /// Components cannot be run.
    #[error(transparent)]
    Sandbox(#[from] sandbox::Error),
    /// There is no compiler.
    #[error("the host's own program cannot be found, and it is what compiles components")]
    Compiler(#[source] io::Error),
    /// The connectors cannot be read.
    #[error(transparent)]
    Connectors(#[from] workers::ReadError),
    /// Histories cannot be exported.
    #[error("the folder {} cannot take histories", path.display())]
    Export {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// What is stored cannot be resumed.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
}

impl Host {
    /// Starts a host. When this returns it listens and answers.
    ///
    /// # Errors
    /// The address is taken, or the data folder, its key or the connectors are of no use.
    pub(crate) async fn start(mut options: Options) -> Result<Self, StartError> {
        let listener = listen(&options.listen).await?;
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address: options.listen.clone(), source })?;
        let data = options.data.clone();
        let unusable = |source| StartError::Data { path: data.clone(), source };
        let storage = Storage::open(&options.data, options.database_url.as_deref()).await;
        let storage = storage.map_err(|source| match source {
            store::Error::Connect { .. } => StartError::Database(source),
            source => unusable(source),
        })?;
        let store = Arc::clone(&storage.store);
        // Secrets, components and grants are read when nobody else can change them any more.
        Runtime::claim(&*store).await?;
        let has_secrets = !store.secrets().await.map_err(unusable)?.is_empty();
        let key = match options.secret_key.take() {
            Some(key) => key,
            None => MasterKey::of_folder(&options.data, has_secrets)?,
        };
        let tokens: Arc<dyn SecretTokens> = Arc::new(Tokens::new(&key));
        let surroundings = surroundings(&options, &store, &key, &tokens).await?;
        let clock = Arc::clone(&surroundings.clock);
        let prebuilt = connectors(options.connectors.as_deref(), options.component_bytes_max)?;
        let registry = Arc::new(Registry::open(surroundings, prebuilt).await.map_err(unusable)?);

        let concurrent_jobs_max = options.concurrency as usize;
        let retention = retention(&options.retention, &store, &clock)?;
        let partitions = options.partitions;
        let config = runtime::Config {
            partitions,
            concurrent_jobs_max,
            tenant_weights: options.tenant_weights.clone(),
            retention,
            ..runtime::Config::default()
        };
        let executor = Arc::clone(&registry);
        let runtime = Runtime::start(store, clock, executor, tokens, config).await?;
        let handle = runtime.handle.clone();
        if handle.is_suspended() {
            tracing::warn!(
                "suspended, because the data was restored from a backup: no jobs run, none are handed out and no timers \
                 fire before `fermata resume`"
            );
        }
        for tenant in options.tenant_weights.keys().filter(|tenant| **tenant != TenantId::default()) {
            tracing::warn!(
                %tenant,
                "`dispatch.tenants` gives a weight to a tenant that cannot have jobs: multi-tenancy is off, and all are of `{}`",
                TenantId::DEFAULT
            );
        }
        let platform = Arc::new(Workers::new(Arc::clone(&registry), handle.clone()));
        tokio::spawn(async move {
            registry.tidy_up().await;
            registry.warm_up().await;
        });

        let (stop, stopped) = watch::channel(false);
        let state = api::ApiState { handle, platform, version: env!("CARGO_PKG_VERSION"), listen: address };
        let router = api::router(state, options.host_names);
        if !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "whoever reaches this address may do anything: the host asks for no authentication yet"
            );
        }
        let server = tokio::spawn(api::serve(listener, router, until(stopped)));
        Ok(Self { address, runtime, server, stop, storage })
    }

    /// Returns when the host can no longer work, which it never should.
    pub(crate) async fn failed(&mut self) {
        tokio::select! {
            () = self.runtime.stopped() => {}
            ended = &mut self.server => tracing::error!(?ended, "the server has ended"),
        }
    }

    /// Ends the host. Requests at work get a moment to end; jobs that run are taken up at the next start.
    pub(crate) async fn shut_down(self) {
        let _ = self.stop.send(true);
        // One that has ended by itself has said so.
        if !self.server.is_finished()
            && let Err(error) = self.server.await
        {
            tracing::warn!(%error, "the server has ended");
        }
        self.runtime.shut_down().await;
        if let Err(error) = self.storage.store.close().await {
            tracing::warn!(%error, "the store was not closed in order");
        }
    }
}

async fn listen(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::AddressInUse { address: address.to_owned() },
        _ => StartError::Listen { address: address.to_owned(), source },
    })
}

/// The connectors that the host offers. That there are none is said: a model that needs one waits without a word.
fn connectors(folder: Option<&Path>, bytes_max: usize) -> Result<Vec<Prebuilt>, workers::ReadError> {
    const ADVICE: &str =
        "build them with `cargo xtask guests`, or name a folder with --connectors or FERMATA_CONNECTORS";
    let Some(folder) = folder else {
        tracing::warn!("no connectors are offered, because no folder of them is here: {ADVICE}");
        return Ok(Vec::new());
    };
    let connectors = Prebuilt::read_folder(folder, bytes_max)?;
    let folder = folder.display();
    if connectors.is_empty() {
        tracing::warn!(%folder, "no connectors are offered, because none is in this folder: {ADVICE}");
    } else {
        tracing::info!(%folder, connectors = connectors.len(), "connectors are offered");
    }
    Ok(connectors)
}

/// How long finished instances are kept, and where their histories go.
fn retention(
    settings: &retention::Settings,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> Result<Retention, StartError> {
    let mut retention = settings.retention();
    if let Some(path) = &settings.export {
        let folder = HistoryFolder::open(path.clone(), Arc::clone(store), Arc::clone(clock))
            .map_err(|source| StartError::Export { path: path.clone(), source })?;
        retention.archive = Some(Arc::new(folder));
    }
    Ok(retention)
}

/// What components are run with.
async fn surroundings(
    options: &Options,
    store: &Arc<dyn Store>,
    key: &MasterKey,
    tokens: &Arc<dyn SecretTokens>,
) -> Result<Arc<Surroundings>, StartError> {
    if cfg!(not(unix)) {
        tracing::warn!(
            "this system bounds neither memory nor CPU time of a compilation, only `components.compile_seconds` does"
        );
    }
    let sandbox = Sandbox::new(sandbox::Config {
        cache: Some(CacheConfig {
            dir: options.data.join(COMPILED_FOLDER),
            key: *key.derive(Purpose::CompiledCode),
        }),
        compiler: options.components.compiler().map_err(StartError::Compiler)?,
        loaded_bytes_max: options.components.loaded_bytes,
        concurrency: options.concurrency,
        component_bytes_max: options.component_bytes_max,
        extra_root_certificates: options.root_certificates.clone(),
        ..sandbox::Config::default()
    })?;
    Ok(Arc::new(Surroundings {
        sandbox,
        store: Arc::clone(store),
        vault: Arc::new(Vault::open(Arc::clone(store), key).await?),
        models: ModelSecrets::new(Arc::clone(store), Arc::clone(tokens)),
        clock: Arc::new(SystemClock),
        limits: options.limits.clone(),
        signatures: options.components.signatures(),
        component_bytes_max: options.component_bytes_max,
    }))
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone stops as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
