//! `GET /fermata/v1/history`: the histories of instances that have ended, as NDJSON.
//!
//! The answer comes while it is made: what is in memory of it is a piece of bounded size, and the next piece is made when
//! the client has taken the last one. A client that goes away, or takes nothing for a while, ends the work.
//! An answer that breaks off ends without the end that HTTP asks for, so that it does not pass for a whole one.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use futures_util::stream;
use serde::Deserialize;
use store::OldestEnd;
use tokio::sync::{Semaphore, mpsc};
use types::{PartitionId, TenantId, Timestamp};

use super::lines::{HistoryError, HistoryLines};
use crate::extract::{Caller, Closing, Query};
use crate::limits::{EXPORT_PIECE_BYTES, EXPORT_STALLED_AFTER, EXPORTS_MAX};
use crate::problem::Problem;
use crate::state::ApiState;

/// Process versions that are read at a time.
const DEFINITIONS_READ: u32 = 500;

/// Instances that are read at a time.
const INSTANCES_READ: u32 = 200;

/// Which histories.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(crate) struct Wanted {
    /// Only those of this process, by its id in the model.
    process_definition_id: Option<String>,
    /// Only those of instances that have ended before this time, in RFC 3339.
    ended_before: Option<String>,
}

/// The resource. A few exports at a time: each reads the whole history.
pub(crate) fn resource() -> MethodRouter<ApiState> {
    let places = Arc::new(Semaphore::new(EXPORTS_MAX));
    get(
        move |State(state): State<ApiState>,
              caller: Caller,
              closing: Closing,
              Query(wanted): Query<Wanted>| {
            let places = Arc::clone(&places);
            async move { start(state, caller, closing, wanted, places).await }
        },
    )
}

async fn start(
    state: ApiState,
    caller: Caller,
    mut closing: Closing,
    wanted: Wanted,
    places: Arc<Semaphore>,
) -> Result<Response, Problem> {
    let ended_before = match &wanted.ended_before {
        Some(text) => crate::time::parse(text)
            .map_err(|error| Problem::invalid_argument(format!("endedBefore: {error}")))?,
        None => Timestamp::MAX,
    };
    if let Some(process) = &wanted.process_definition_id
        && state.handle.store().definition_by_id(&caller.tenant, process, None).await?.is_none()
    {
        return Err(Problem::not_found(format!("no process with id `{process}` is deployed")));
    }
    let place = places.try_acquire_owned().map_err(|_| {
        Problem::resource_exhausted(format!(
            "{EXPORTS_MAX} exports are at work, the limit is reached: try again later"
        ))
    })?;
    let (pieces, taken) = mpsc::channel(1);
    let export = Export {
        state,
        tenant: caller.tenant,
        process: wanted.process_definition_id,
        ended_before,
        pieces,
        piece: Vec::new(),
    };
    tokio::spawn(async move {
        let ended = tokio::select! {
            ended = export.run() => ended,
            () = closing.begun() => Err(Broken::Closing),
        };
        match ended {
            Err(Broken::History(error)) => tracing::error!(%error, "an export has broken off"),
            Err(reason) => tracing::info!(%reason, "an export has broken off"),
            Ok(()) => {}
        }
        drop(place);
    });
    let body = Body::from_stream(stream::unfold(Some(taken), next_piece));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

/// A part of the answer.
enum Piece {
    Lines(Bytes),
    End,
}

/// Why an answer breaks off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the client has gone away")]
    Gone,
    #[error("the client takes nothing")]
    Stalled,
    #[error("the host is shutting down")]
    Closing,
    #[error("the export has broken off")]
    Unknown,
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// The next part for the client; the channel is left at the end.
async fn next_piece(
    taken: Option<mpsc::Receiver<Piece>>,
) -> Option<(Result<Bytes, Broken>, Option<mpsc::Receiver<Piece>>)> {
    let mut taken = taken?;
    match taken.recv().await {
        Some(Piece::Lines(lines)) => Some((Ok(lines), Some(taken))),
        Some(Piece::End) => None,
        None => Some((Err(Broken::Unknown), None)),
    }
}

/// An export at work.
struct Export {
    state: ApiState,
    tenant: TenantId,
    process: Option<String>,
    ended_before: Timestamp,
    pieces: mpsc::Sender<Piece>,
    /// The lines that come next.
    piece: Vec<u8>,
}

impl Export {
    async fn run(mut self) -> Result<(), Broken> {
        for partition in self.state.handle.partitions() {
            let mut after = None;
            loop {
                let store = Arc::clone(self.state.handle.store());
                let mut read = store
                    .oldest_ends(partition, after, DEFINITIONS_READ)
                    .await
                    .map_err(HistoryError::from)?;
                after = read.last().map(|last| last.definition);
                let is_last = read.len() < DEFINITIONS_READ as usize;
                read.retain(|definition| self.wants(definition));
                for definition in &read {
                    self.definition(partition, definition).await?;
                }
                if is_last {
                    break;
                }
            }
        }
        self.send_piece().await?;
        self.send(Piece::End).await
    }

    fn wants(&self, definition: &OldestEnd) -> bool {
        definition.tenant == self.tenant
            && definition.ended_at.is_some_and(|ended_at| ended_at < self.ended_before)
            && self.process.as_deref().is_none_or(|process| process == &*definition.bpmn_process_id)
    }

    async fn definition(&mut self, partition: PartitionId, definition: &OldestEnd) -> Result<(), Broken> {
        let store = Arc::clone(self.state.handle.store());
        let mut after = None;
        loop {
            let ended = store
                .ended_instances(partition, definition.definition, after, INSTANCES_READ)
                .await
                .map_err(HistoryError::from)?;
            after = ended.last().copied();
            for instance in &ended {
                if instance.ended_at >= self.ended_before {
                    return Ok(());
                }
                let mut lines = HistoryLines::new(&*store, definition, *instance);
                while lines.write(&mut self.piece).await? {
                    self.send_full_piece().await?;
                }
                self.send_full_piece().await?;
            }
            if ended.len() < INSTANCES_READ as usize {
                return Ok(());
            }
        }
    }

    async fn send_full_piece(&mut self) -> Result<(), Broken> {
        if self.piece.len() >= EXPORT_PIECE_BYTES { self.send_piece().await } else { Ok(()) }
    }

    async fn send_piece(&mut self) -> Result<(), Broken> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.piece).into();
        self.send(Piece::Lines(lines)).await
    }

    async fn send(&self, piece: Piece) -> Result<(), Broken> {
        match tokio::time::timeout(EXPORT_STALLED_AFTER, self.pieces.send(piece)).await {
            Ok(sent) => sent.map_err(|_| Broken::Gone),
            Err(_) => Err(Broken::Stalled),
        }
    }
}
