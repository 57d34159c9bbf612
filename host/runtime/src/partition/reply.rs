//! Answers that wait for the commit.

use tokio::sync::oneshot;
use types::{MessageKey, SignalKey};

use super::task_changes::Decision;
use crate::error::Error;
use crate::inbox::{Described, Started, Undelivered};
use crate::requests::{ActivatedJob, CorrelatedMessage, EvaluatedConditions};

/// An answer that waits for the commit.
pub(super) enum Reply {
    Started(oneshot::Sender<Result<Started, Error>>, Result<Started, Error>),
    Done(oneshot::Sender<Result<(), Error>>, Result<(), Error>),
    Changed(oneshot::Sender<Result<Option<Decision>, Error>>, Result<Option<Decision>, Error>),
    Activated(oneshot::Sender<Result<Vec<ActivatedJob>, Error>>, Result<Vec<ActivatedJob>, Error>),
    Described(oneshot::Sender<Result<Described, Error>>, Result<Described, Error>),
    Published(oneshot::Sender<Result<MessageKey, Error>>, Result<MessageKey, Error>),
    Correlated(oneshot::Sender<Result<CorrelatedMessage, Error>>, Result<CorrelatedMessage, Error>),
    Broadcast(oneshot::Sender<Result<SignalKey, Error>>, Result<SignalKey, Error>),
    Evaluated(oneshot::Sender<Result<EvaluatedConditions, Error>>, Result<EvaluatedConditions, Error>),
}

impl Reply {
    /// Answers. A caller that is gone needs no answer, but jobs that were meant for it are given back.
    pub(super) fn send(self) -> Vec<Undelivered> {
        match self {
            Self::Started(reply, result) => drop(reply.send(result)),
            Self::Done(reply, result) => drop(reply.send(result)),
            Self::Changed(reply, result) => drop(reply.send(result)),
            Self::Activated(reply, result) => {
                if let Err(Ok(jobs)) = reply.send(result) {
                    return jobs.iter().map(undelivered).collect();
                }
            }
            Self::Described(reply, result) => drop(reply.send(result)),
            Self::Published(reply, result) => drop(reply.send(result)),
            Self::Correlated(reply, result) => drop(reply.send(result)),
            Self::Broadcast(reply, result) => drop(reply.send(result)),
            Self::Evaluated(reply, result) => drop(reply.send(result)),
        }
        Vec::new()
    }

    /// Says that what the answer rests on was not written.
    pub(super) fn send_unavailable(self, reason: &str) {
        let unavailable = Error::Unavailable(reason.to_owned());
        match self {
            Self::Started(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Done(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Changed(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Activated(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Described(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Published(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Correlated(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Broadcast(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Evaluated(reply, _) => drop(reply.send(Err(unavailable))),
        }
    }
}

fn undelivered(job: &ActivatedJob) -> Undelivered {
    Undelivered { instance: job.process_instance, job: job.key, attempt: job.attempt }
}
