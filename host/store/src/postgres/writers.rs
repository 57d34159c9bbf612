//! Joins commits that are under way at the same time into one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use types::PartitionId;

use super::leases::Leases;
use super::session::Session;
use super::shape::{FENCE, Statements};
use super::write::{Failure, Fenced, explain, write};
use crate::sql::Connector;
use crate::{Batch, Error};

/// Commits that wait for one writer.
const WAITING_MAX: usize = 256;
/// Most commits in one transaction.
const JOINED_MAX: usize = 64;
/// A transaction takes no more commits when its journal has so many bytes; the rows are about as much again.
const JOINED_BYTES_MAX: usize = 32 << 20;
/// A connection that has said nothing for so long is asked whether it is alive before a commit is given to it.
const IDLE_TRUSTED: Duration = Duration::from_secs(5);
/// How long that may take.
const PING_TIME_MAX: Duration = Duration::from_secs(2);

/// A commit that waits for its transaction.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) batch: Batch,
    /// What it has to find.
    pub(super) epoch: i64,
    pub(super) answer: oneshot::Sender<Result<(), Error>>,
}

impl Request {
    fn fenced(&self) -> Fenced<'_> {
        Fenced { batch: &self.batch, epoch: self.epoch }
    }

    /// Nobody may wait any longer; what was written is written.
    fn answer(self, outcome: Result<(), Error>) {
        let _ = self.answer.send(outcome);
    }
}

/// Writes what waits, one transaction at a time.
#[derive(Debug)]
pub(super) struct Writer {
    session: Session,
    leases: Arc<Leases>,
    connection: Option<PgConnection>,
    used: Instant,
    statements: Statements,
}

/// A writer's inbox, for commits whose order it keeps, and what it is at.
pub(super) fn spawn(
    session: Session,
    leases: Arc<Leases>,
) -> (mpsc::Sender<Request>, tokio::task::JoinHandle<()>) {
    let (sender, inbox) = mpsc::channel(WAITING_MAX);
    let writer =
        Writer { session, leases, connection: None, used: Instant::now(), statements: Statements::default() };
    (sender, tokio::spawn(writer.run(inbox)))
}

impl Writer {
    /// Writes until nobody can send any longer and nothing waits.
    async fn run(mut self, mut inbox: mpsc::Receiver<Request>) {
        let mut next = None;
        loop {
            let first = match next.take() {
                Some(request) => request,
                None => match inbox.recv().await {
                    Some(request) => request,
                    None => break,
                },
            };
            let joined;
            (joined, next) = join(first, &mut inbox);
            self.write_joined(joined).await;
        }
        if let Some(connection) = self.connection.take() {
            // It has nothing to say any more.
            let _ = connection.close().await;
        }
    }

    /// Writes commits in one transaction; if it fails, each in its own, so that one does not fail the others.
    async fn write_joined(&mut self, requests: Vec<Request>) {
        let mut sound = Vec::with_capacity(requests.len());
        for request in requests {
            match self.leases.check(request.batch.partition, request.epoch) {
                Ok(()) => sound.push(request),
                Err(error) => request.answer(Err(error)),
            }
        }
        if let Err(error) = self.connection().await {
            return answer_all(sound, &error);
        }
        if sound.len() > 1 {
            let batches: Vec<_> = sound.iter().map(Request::fenced).collect();
            match self.write(&batches).await {
                Ok(()) => return sound.into_iter().for_each(|request| request.answer(Ok(()))),
                Err(Failure::Lost(error)) => return answer_all(sound, &error),
                Err(Failure::Refused(_) | Failure::Rows { .. }) => {}
            }
        }
        let mut sound = sound.into_iter();
        while let Some(request) = sound.next() {
            let outcome = self.write_alone(request.fenced()).await;
            request.answer(outcome);
            // The last one may have lost it.
            if let Err(error) = self.connection().await {
                return answer_all(sound, &error);
            }
        }
    }

    async fn write_alone(&mut self, fenced: Fenced<'_>) -> Result<(), Error> {
        match self.write(&[fenced]).await {
            Ok(()) => Ok(()),
            Err(Failure::Refused(error) | Failure::Lost(error)) => Err(error),
            Err(Failure::Rows { table }) if table == FENCE.name => {
                Err(self.leases.lost(fenced.batch.partition, fenced.epoch))
            }
            Err(Failure::Rows { table }) => {
                Err(explain(self.connection().await?, fenced.batch, &table).await?)
            }
        }
    }

    /// Writes commits in one transaction.
    async fn write(&mut self, batches: &[Fenced<'_>]) -> Result<(), Failure> {
        self.connection().await?;
        // Taken out: whoever gives up half-way must not leave it to the next.
        let mut connection = self.connection.take().expect("there is a connection");
        let written = write(&mut connection, &mut self.statements, batches).await;
        match &written {
            Err(Failure::Lost(_)) => {
                batches.iter().for_each(|fenced| self.leases.unsettle(fenced.batch.partition));
            }
            _ => self.connection = Some(connection),
        }
        self.used = Instant::now();
        written
    }

    async fn connection(&mut self) -> Result<&mut PgConnection, Error> {
        let connection = match self.connection.take() {
            Some(mut old) if self.used.elapsed() > IDLE_TRUSTED => {
                match tokio::time::timeout(PING_TIME_MAX, old.ping()).await {
                    Ok(Ok(())) => old,
                    _ => self.session.connect().await?,
                }
            }
            Some(connection) => connection,
            None => self.session.connect().await?,
        };
        Ok(self.connection.insert(connection))
    }
}

/// Nothing more of this can be written, for the same reason.
fn answer_all(requests: impl IntoIterator<Item = Request>, error: &Error) {
    let reason = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    for request in requests {
        request.answer(Err(Error::Unavailable(reason.clone().into())));
    }
}

/// Takes what waits, up to a limit. A partition's next commit has to wait for its first: they may write the same rows.
fn join(first: Request, inbox: &mut mpsc::Receiver<Request>) -> (Vec<Request>, Option<Request>) {
    let mut partitions: BTreeSet<PartitionId> = BTreeSet::from([first.batch.partition]);
    let mut bytes = journal_bytes(&first.batch);
    let mut joined = vec![first];
    while joined.len() < JOINED_MAX && bytes < JOINED_BYTES_MAX {
        let Ok(request) = inbox.try_recv() else { break };
        if !partitions.insert(request.batch.partition) {
            return (joined, Some(request));
        }
        bytes += journal_bytes(&request.batch);
        joined.push(request);
    }
    (joined, None)
}

fn journal_bytes(batch: &Batch) -> usize {
    batch.instances.iter().map(|part| part.journal.len()).sum()
}
