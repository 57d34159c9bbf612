//! From a component's bytes to code that is ready to be instantiated.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use wasmparser::Parser;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component as Compiled, InstancePre};

use crate::bindings::WorkerPre;
use crate::bindings::fermata::worker::jobs;
use crate::engine::Inner;
use crate::error::HANDLER_EXPORT;
use crate::host::JobState;
use crate::{Digest, Error, Sandbox};

/// A compiled component, checked and linked. Clones share the code.
#[derive(Clone)]
pub struct Component {
    digest: Digest,
    pub(crate) worker: WorkerPre<JobState>,
}

impl Component {
    /// The digest of the bytes that it was compiled from.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Component({})", self.digest)
    }
}

impl Sandbox {
    /// Checks and compiles a component, and keeps its code in the cache.
    ///
    /// Compilation runs on a thread of its own and cannot be interrupted: when the caller goes away it goes on,
    /// and the next one waits for it.
    ///
    /// # Errors
    /// What is wrong with the component, in words for whoever uploads it, or the cache cannot be written.
    pub async fn compile(&self, bytes: impl Into<Bytes>) -> Result<Component, Error> {
        let bytes = bytes.into();
        self.inner.check(&bytes)?;
        let permit =
            Arc::clone(&self.inner.compilations).acquire_owned().await.map_err(|_| Error::Interrupted)?;
        self.blocking(move |inner| {
            let _permit = permit;
            inner.compile(&bytes)
        })
        .await
    }

    /// Takes a component that was accepted before from the cache, or compiles it again from the bytes
    /// that `bytes` reads.
    ///
    /// # Errors
    /// The bytes cannot be read, are not those of `digest`, or are not accepted by this version of the host.
    pub async fn load<R, E>(
        &self,
        digest: &Digest,
        bytes: impl FnOnce() -> R + Send,
    ) -> Result<Component, Error>
    where
        R: Future<Output = Result<Vec<u8>, E>> + Send,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let digest = *digest;
        if self.inner.cache.is_some()
            && let Some(component) = self.blocking(move |inner| Ok(inner.cached(&digest))).await?
        {
            return Ok(component);
        }
        let bytes = bytes().await.map_err(|error| Error::Unavailable(error.into()))?;
        let found = Digest::of(&bytes);
        if found != digest {
            return Err(Error::DigestDiffers { expected: digest, found });
        }
        self.compile(bytes).await
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
        Ok(())
    }

    fn compile(&self, bytes: &[u8]) -> Result<Component, Error> {
        let digest = Digest::of(bytes);
        // The same bytes may have been compiled while this call waited for its turn.
        if let Some(component) = self.cached(&digest) {
            return Ok(component);
        }
        let compiled = Compiled::from_binary(&self.engine, bytes)
            .map_err(|error| Error::Invalid(format!("{error:#}")))?;
        let component = self.link(digest, &compiled)?;
        if let Some(cache) = &self.cache {
            let code = compiled.serialize().map_err(|error| Error::Invalid(format!("{error:#}")))?;
            cache.store(&digest, &code)?;
        }
        Ok(component)
    }

    fn cached(&self, digest: &Digest) -> Option<Component> {
        let compiled = self.cache.as_ref()?.load(&self.engine, digest)?;
        match self.link(*digest, &compiled) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(%digest, %error, "cached code does not link, compiling again");
                None
            }
        }
    }

    fn link(&self, digest: Digest, compiled: &Compiled) -> Result<Component, Error> {
        if compiled.get_export_index(None, HANDLER_EXPORT).is_none() {
            let found =
                compiled.component_type().exports(&self.engine).map(|(name, _)| name.to_owned()).collect();
            return Err(Error::NoHandler { found });
        }
        let linked = self
            .linker
            .instantiate_pre(compiled)
            .map_err(|error| Error::UnknownImport(format!("{error:#}")))?;
        check_handler(&linked)
            .and_then(|()| WorkerPre::new(linked))
            .map(|worker| Component { digest, worker })
            .map_err(|error| Error::HandlerDiffers(format!("{error:#}")))
    }
}

/// Whether `handle` takes and returns what this host passes and expects.
///
/// The runtime itself would find out at the first job. The check that it uses then is public but not documented.
fn check_handler(linked: &InstancePre<JobState>) -> wasmtime::Result<()> {
    let component = linked.component();
    let handle = component
        .get_export_index(None, HANDLER_EXPORT)
        .and_then(|handler| component.get_export(Some(&handler), "handle"));
    match handle {
        Some((ComponentItem::ComponentFunc(handle), _)) => handle
            .typecheck::<(&jobs::Job,), (Result<jobs::Outcome, jobs::JobError>,)>(&linked.instance_type()),
        _ => Err(wasmtime::Error::msg("it has no function `handle`")),
    }
}
