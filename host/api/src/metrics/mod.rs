//! `GET /metrics`: what the host does, in figures, for Prometheus and whoever reads its formats.
//!
//! Everything is in memory: asking for it asks the database nothing. [`catalog`] names all there is, and
//! [METRICS.md](../../METRICS.md) shows it. Labels hold names that operators and teams give: of tenants, components and
//! their versions, and of job types as they stand in models. Nothing of an instance is among them.
//!
//! There are as many series as [`VERSIONS_MAX`](crate::VERSIONS_MAX) and [`runtime::ACTIVATED_TYPES_MAX`] allow, whatever is uploaded and asked
//! for; what is past that counts under [`OTHERS`](crate::OTHERS).

mod catalog;
mod format;
mod http;
mod page;
mod process;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

pub(crate) use http::HttpFigures;

use crate::problem::Problem;
use crate::state::ApiState;
use format::Format;
use page::Page;
use process::ProcessFigures;

/// What the page is made of.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) state: ApiState,
    pub(crate) http: Arc<HttpFigures>,
}

/// All figures, in the format that the caller prefers.
pub(crate) async fn get(State(sources): State<Sources>, headers: HeaderMap) -> Result<Response, Problem> {
    let format = Format::preferred(&headers);
    let Sources { state, http } = sources;
    let runtime = state.handle.figures();
    let page = Page {
        version: state.version,
        process: ProcessFigures::now(),
        versions: state.platform.figures(),
        http: http.so_far(),
        runtime,
    };
    let text = page.write(format).map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()))], text).into_response())
}
