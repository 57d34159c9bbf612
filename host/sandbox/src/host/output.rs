//! Standard output and error of a component, line by line into its job's log.

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::LogSource;
use crate::host::Attempt;

/// What a guest may write in one call, in bytes.
const WRITE_BYTES_MAX: usize = 64 << 10;

/// One of the two streams.
#[derive(Clone)]
pub(super) struct Output {
    attempt: Arc<Attempt>,
    source: LogSource,
}

impl Output {
    pub(super) fn new(attempt: &Arc<Attempt>, source: LogSource) -> Self {
        Self { attempt: Arc::clone(attempt), source }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    /// Of use to WASI 0.3 only, which is not linked.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
}

#[async_trait::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let attempt = &self.attempt;
        attempt.write_log(attempt.log.output(self.source, &bytes, &attempt.vault));
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}
