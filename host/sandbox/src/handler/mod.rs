//! Calling a component's handler, whichever version of the contract it was written against.
//!
//! The host speaks the newest version; what an older one says is carried over.

mod v0_1;
mod v0_2;

use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentNamedList, HasSelf, InstancePre, Lift, Linker, Lower};

pub(crate) use crate::bindings::v0_2::fermata::worker::jobs;

use crate::bindings;
use crate::error::HANDLER_EXPORTS;
use crate::host::JobState;

/// A linked component, by the version of the handler that it exports.
#[derive(Clone)]
pub(crate) enum Handler {
    V0_2(bindings::v0_2::WorkerPre<JobState>),
    V0_1(bindings::v0_1::WorkerPre<JobState>),
}

impl Handler {
    /// The name of the newest handler that a component exports.
    pub(crate) fn export(component: &Component) -> Option<&'static str> {
        HANDLER_EXPORTS.into_iter().find(|name| component.get_export_index(None, name).is_some())
    }

    /// The handler of a component that has this export.
    ///
    /// # Errors
    /// Its types are not those of the contract.
    pub(crate) fn new(export: &str, linked: InstancePre<JobState>) -> wasmtime::Result<Self> {
        if export == v0_2::EXPORT {
            v0_2::check(&linked)?;
            bindings::v0_2::WorkerPre::new(linked).map(Self::V0_2)
        } else {
            v0_1::check(&linked)?;
            bindings::v0_1::WorkerPre::new(linked).map(Self::V0_1)
        }
    }

    /// Makes an instance of the component and has it do a job.
    pub(crate) async fn call(&self, store: &mut Store<JobState>, job: jobs::Job) -> Result<Answer, Stopped> {
        match self {
            Self::V0_2(worker) => {
                let worker = worker.instantiate_async(&mut *store).await.map_err(Stopped::AtTheStart)?;
                worker.fermata_worker_handler().call_handle(store, &job).await.map_err(Stopped::AtWork)
            }
            Self::V0_1(worker) => {
                let worker = worker.instantiate_async(&mut *store).await.map_err(Stopped::AtTheStart)?;
                let answer = worker.fermata_worker_handler().call_handle(store, &v0_1::job(job)).await;
                answer.map(v0_1::answer).map_err(Stopped::AtWork)
            }
        }
    }
}

/// What a component answers.
pub(crate) type Answer = Result<jobs::Outcome, jobs::JobError>;

/// Where a component was when the runtime stopped it.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It was not instantiated.
    AtTheStart(wasmtime::Error),
    /// It did its job.
    AtWork(wasmtime::Error),
}

/// Links the interfaces of types that handlers use.
pub(crate) fn add_to_linker(linker: &mut Linker<JobState>) -> wasmtime::Result<()> {
    bindings::v0_1::Worker::add_to_linker::<_, HasSelf<JobState>>(linker, |state| state)?;
    bindings::v0_2::Worker::add_to_linker::<_, HasSelf<JobState>>(linker, |state| state)
}

/// Whether `handle` of an export takes and returns what this host passes and expects.
///
/// The runtime itself would find out at the first job. The check that it uses then is public but not documented.
fn check_handle<Params, Return>(linked: &InstancePre<JobState>, export: &str) -> wasmtime::Result<()>
where
    Params: ComponentNamedList + Lower,
    Return: ComponentNamedList + Lift,
{
    let component = linked.component();
    let handle = component
        .get_export_index(None, export)
        .and_then(|handler| component.get_export(Some(&handler), "handle"));
    match handle {
        Some((ComponentItem::ComponentFunc(handle), _)) => {
            handle.typecheck::<Params, Return>(&linked.instance_type())
        }
        _ => Err(wasmtime::Error::msg("it has no function `handle`")),
    }
}
