//! From a component's bytes to code that is ready to be instantiated.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use wasmparser::{Parser, Payload};
use wasmtime::component::Component as Compiled;

use crate::cache::deserialize;
use crate::compile::Turn;
use crate::cpu::Habit;
use crate::engine::Inner;
use crate::handler::Handler;
use crate::loaded::{Found, LoadStage};
use crate::{Digest, Error, Sandbox};

/// A compiled component, checked and linked. Clones share the code, which stays in memory as long as there is one.
#[derive(Clone)]
pub struct Component {
    digest: Digest,
    code_bytes: u64,
    pub(crate) handler: Handler,
    pub(crate) habit: Arc<Habit>,
    holders: Arc<()>,
    turn: Option<Arc<SharedTurn>>,
}

/// The turn in which a component was loaded. It is over for all who have the component when the first of them drops it.
pub struct LoadTurn(Arc<SharedTurn>);

/// Code that was just loaded takes one of a few turns until somebody uses it or all have let go of it, so that what is
/// loaded ahead of its use is bounded.
type SharedTurn = Mutex<Option<OwnedSemaphorePermit>>;

impl Drop for LoadTurn {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Component {
    /// The digest of the bytes that it was compiled from.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What its code takes in memory, in bytes.
    pub fn code_bytes(&self) -> u64 {
        self.code_bytes
    }

    /// The turn in which it was loaded, if it was not in memory: to be dropped when the code is used.
    pub fn take_turn(&mut self) -> Option<LoadTurn> {
        self.turn.take().map(LoadTurn)
    }

    /// The component for whoever does not mind when it is used.
    pub(crate) fn without_turn(self) -> Self {
        Self { turn: None, ..self }
    }

    pub(crate) fn in_turn(self, turn: OwnedSemaphorePermit) -> Self {
        Self { turn: Some(Arc::new(Mutex::new(Some(turn)))), ..self }
    }

    /// Whether anybody but the caller has it.
    pub(crate) fn is_held(&self) -> bool {
        Arc::strong_count(&self.holders) > 1
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Component({})", self.digest)
    }
}

impl Sandbox {
    /// Checks and compiles an uploaded component, and keeps its code in the cache. In memory it is kept as long as that
    /// makes no other code go: who uploads a component need not have a job for it.
    ///
    /// Who compiles, and what happens when the caller goes away meanwhile, says [`Compiler`](crate::Compiler).
    ///
    /// # Errors
    /// What is wrong with the component, in words for whoever uploads it; many others wait; or the cache cannot be written.
    pub async fn compile(&self, bytes: impl Into<Bytes>) -> Result<Component, Error> {
        let bytes = bytes.into();
        self.inner.check(&bytes)?;
        let turn = self.inner.compilations.turn_of_upload().await?;
        let component = self.compile_now(turn, bytes).await?;
        self.inner.loaded.offer(&component);
        Ok(component)
    }

    /// The code of a component that was accepted before: from memory, from the cache, or compiled again from the bytes
    /// that `bytes` reads. Those who ask for the same at the same time wait for one and the same task,
    /// which goes on when they go away or have waited for as long as their `patience` lasts.
    ///
    /// The code is in memory as long as the caller has it. A few are loaded ahead of their use at most; others wait until
    /// the [turns](Component::take_turn) of those are over.
    ///
    /// # Errors
    /// The bytes cannot be read, are not those of `digest`, or are not accepted by this version of the host;
    /// or the code is not there in time.
    pub async fn load<R, E>(
        &self,
        digest: &Digest,
        patience: Duration,
        bytes: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Component, Arc<Error>>
    where
        R: Future<Output = Result<Vec<u8>, E>> + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let coming = match self.inner.loaded.find(digest) {
            Found::There(component) => return Ok(component),
            Found::Coming(coming) => coming,
            Found::Nothing(fetching, coming) => {
                let (sandbox, digest) = (self.clone(), *digest);
                tokio::spawn(async move {
                    let loaded = sandbox.load_anew(digest, bytes, |stage| fetching.at(stage)).await;
                    fetching.end(loaded);
                });
                coming
            }
        };
        coming.within(patience).await
    }

    /// Makes sure that loading a component, when a job comes for it, takes no compiler. Nothing has to go from memory for it.
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub async fn compile_ahead<R, E>(
        &self,
        digest: &Digest,
        bytes: impl FnOnce() -> R + Send,
    ) -> Result<(), Error>
    where
        R: Future<Output = Result<Vec<u8>, E>> + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if !self.is_cached(digest).await? {
            let component = self.load_anew(*digest, bytes, |_| {}).await?.without_turn();
            self.inner.loaded.offer(&component);
        }
        Ok(())
    }

    async fn load_anew<R, E>(
        &self,
        digest: Digest,
        bytes: impl FnOnce() -> R + Send,
        at: impl Fn(LoadStage) + Send + Sync,
    ) -> Result<Component, Error>
    where
        R: Future<Output = Result<Vec<u8>, E>> + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if self.inner.cache.is_some() {
            let turn = self.load_turn().await?;
            at(LoadStage::Cache);
            if let Some(component) = self.blocking(move |inner| Ok(inner.cached(&digest))).await? {
                return Ok(component.in_turn(turn));
            }
        }
        // One that has to be compiled keeps none waiting that need not. Its bytes are read when it can be compiled:
        // those of all that wait would take more memory than there is.
        at(LoadStage::Turn);
        let compiling = self.inner.compilations.turn().await?;
        at(LoadStage::Others);
        let turn = self.load_turn().await?;
        at(LoadStage::Bytes);
        let bytes = bytes().await.map_err(|error| Error::Unavailable(error.into()))?;
        let found = Digest::of(&bytes);
        if found != digest {
            return Err(Error::DigestDiffers { expected: digest, found });
        }
        self.inner.check(&bytes)?;
        at(LoadStage::Compiler);
        Ok(self.compile_now(compiling, bytes.into()).await?.in_turn(turn))
    }

    async fn load_turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.inner.loads).acquire_owned().await.map_err(|_| Error::Interrupted)
    }

    async fn compile_now(&self, turn: Turn, bytes: Bytes) -> Result<Component, Error> {
        let digest = Digest::of(&bytes);
        // The same bytes may have been compiled while this call waited for its turn.
        if let Some(component) = self.blocking(move |inner| Ok(inner.cached(&digest))).await? {
            return Ok(component);
        }
        let code = self.inner.compiler.compile(&self.inner.engine, bytes).await?;
        self.blocking(move |inner| {
            let _turn = turn;
            inner.take(digest, &code)
        })
        .await
    }

    /// Whether code can be loaded before it is needed without other code having to go.
    pub fn has_room(&self) -> bool {
        self.inner.loaded.has_room()
    }

    /// What the code that is in memory takes, in bytes.
    pub fn loaded_bytes(&self) -> u64 {
        self.inner.loaded.bytes()
    }

    /// Whether the cache has the component's code, so that loading it takes no compiler.
    async fn is_cached(&self, digest: &Digest) -> Result<bool, Error> {
        let digest = *digest;
        self.blocking(move |inner| Ok(inner.cache.as_ref().is_some_and(|cache| cache.has(&digest)))).await
    }

    /// Removes the code of all components but these from the cache.
    pub async fn retain(&self, needed: HashSet<Digest>) -> Result<(), Error> {
        self.blocking(move |inner| {
            if let Some(cache) = &inner.cache {
                cache.retain(&needed);
            }
            Ok(())
        })
        .await
    }

    /// Removes a component's code from the cache, when the component itself is removed.
    pub async fn forget(&self, digest: &Digest) -> Result<(), Error> {
        let digest = *digest;
        self.blocking(move |inner| {
            if let Some(cache) = &inner.cache {
                cache.forget(&digest);
            }
            Ok(())
        })
        .await
    }

    /// Runs what takes long away from the threads that serve jobs.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || work(&inner)).await.map_err(|_| Error::Interrupted)?
    }
}

/// Components and core modules in a component, however deep, and the component itself.
/// Python brings a module for each of its native libraries, some dozens.
const PARTS_MAX: usize = 1_000;

/// Counts the parts of a component, before anything that goes down into them sees it. What is malformed passes.
///
/// # Errors
/// [`Error::TooManyParts`]
pub fn check_parts(bytes: &[u8]) -> Result<(), Error> {
    let parts = Parser::new(0)
        .parse_all(bytes)
        .map_while(Result::ok)
        .filter(|payload| matches!(payload, Payload::Version { .. }));
    if parts.take(PARTS_MAX + 1).count() > PARTS_MAX {
        return Err(Error::TooManyParts { limit: PARTS_MAX });
    }
    Ok(())
}

/// Why code that was just compiled does not load: the pool has no room for the like of it, which only shows now.
/// Or whoever compiled it is of another build than this host, which the runtime has no error of its own for.
fn not_loadable(error: wasmtime::Error) -> Error {
    let reason = format!("{error:#}");
    if reason.contains("was compiled") {
        Error::SetUp(format!("its compiler is of another build: {reason}"))
    } else {
        Error::Invalid(reason)
    }
}

impl Inner {
    /// What can be said without compiling.
    fn check(&self, bytes: &[u8]) -> Result<(), Error> {
        const MAGIC: &[u8] = b"\0asm";
        if bytes.len() > self.component_bytes_max {
            return Err(Error::TooLarge { bytes: bytes.len(), limit: self.component_bytes_max });
        }
        if !bytes.starts_with(MAGIC) {
            return Err(Error::NotWasm);
        }
        if Parser::is_core_wasm(bytes) {
            return Err(Error::CoreModule);
        }
        if !Parser::is_component(bytes) {
            return Err(Error::Invalid("its version of the format is unknown".to_owned()));
        }
        check_parts(bytes)
    }

    /// Links what the compiler has made, and keeps it when it links.
    fn take(&self, digest: Digest, code: &[u8]) -> Result<Component, Error> {
        let compiled = deserialize(&self.engine, code).map_err(not_loadable)?;
        let component = self.link(digest, &compiled, code.len() as u64)?;
        if let Some(cache) = &self.cache {
            cache.store(&digest, code)?;
        }
        Ok(component)
    }

    fn cached(&self, digest: &Digest) -> Option<Component> {
        let (compiled, code_bytes) = self.cache.as_ref()?.load(&self.engine, digest)?;
        match self.link(*digest, &compiled, code_bytes) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(%digest, %error, "cached code does not link, compiling again");
                None
            }
        }
    }

    fn link(&self, digest: Digest, compiled: &Compiled, code_bytes: u64) -> Result<Component, Error> {
        let Some(export) = Handler::export(compiled) else {
            let found =
                compiled.component_type().exports(&self.engine).map(|(name, _)| name.to_owned()).collect();
            return Err(Error::NoHandler { found });
        };
        let linked = self
            .linker
            .instantiate_pre(compiled)
            .map_err(|error| Error::UnknownImport(format!("{error:#}")))?;
        let handler = Handler::new(export, linked)
            .map_err(|error| Error::HandlerDiffers { export, reason: format!("{error:#}") })?;
        let habit = Arc::new(Habit::new());
        Ok(Component { digest, code_bytes, handler, habit, holders: Arc::default(), turn: None })
    }
}
