//! What the sandbox asks of the host while it runs one attempt of a job.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use runtime::{Checkpoints, Clock};
use sandbox::{
    Checkpoint, CheckpointError, LogLevel, LogLine, LogSource, Pace, SecretString, Services, Unavailable,
};
use store::LogRecord;
use types::{JobKey, JobRequest, ProcessInstanceKey, SharedStr, TenantId};

use super::kept;
use super::let_down::LetDown;
use super::models::NamesByToken;
use crate::vault::Vault;

/// One attempt of one job, as the sandbox sees the host.
pub(super) struct Attempt {
    pub(super) vault: Arc<Vault>,
    pub(super) model: Arc<NamesByToken>,
    pub(super) checkpoints: Arc<dyn Checkpoints>,
    /// What this attempt itself has stored last.
    pub(super) stored: Mutex<Option<Vec<u8>>>,
    pub(super) job: Job,
    pub(super) clock: Arc<dyn Clock>,
    /// The pace of its component.
    pub(super) pace: Arc<Pace>,
    /// What was written to the log so far.
    pub(super) log: Mutex<Vec<LogRecord>>,
    /// Whether the last thing that it has asked the host for was to be had.
    pub(super) let_down: LetDown,
}

/// Whose attempt it is; stands on every record of its log.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) key: JobKey,
    pub(super) attempt: u32,
    pub(super) process_instance: ProcessInstanceKey,
    pub(super) process: SharedStr,
    pub(super) element: SharedStr,
    pub(super) tenant: TenantId,
    /// `name@version` of the component.
    pub(super) component: SharedStr,
}

impl Job {
    pub(super) fn new(request: &JobRequest, component: SharedStr) -> Self {
        Self {
            key: request.key,
            attempt: request.attempt,
            process_instance: request.process_instance,
            process: request.bpmn_process_id.clone(),
            element: request.element_id.clone(),
            tenant: request.tenant.clone(),
            component,
        }
    }
}

#[async_trait]
impl Services for Attempt {
    async fn checkpoint_get(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(value) = stored {
            let writer_version = version_of(&self.job.component).to_owned();
            return Ok(Some(Checkpoint { value, writer_version, attempt: self.job.attempt }));
        }
        Ok(self.checkpoints.saved().map(|saved| Checkpoint {
            value: saved.value,
            writer_version: version_of(&saved.writer_version).to_owned(),
            attempt: saved.attempt,
        }))
    }

    async fn checkpoint_put(&self, value: Vec<u8>) -> Result<(), CheckpointError> {
        // The attempt's time may be over before there is an answer.
        self.let_down.waits(Instant::now());
        let saved = self.checkpoints.save(value.clone()).await;
        self.let_down.answered(matches!(saved, Err(runtime::CheckpointError::Unavailable(_))));
        saved.map_err(|error| match error {
            runtime::CheckpointError::Superseded => CheckpointError::Superseded,
            runtime::CheckpointError::Unavailable(reason) => CheckpointError::Unavailable(reason),
        })?;
        *self.stored.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(())
    }

    async fn secret(&self, name: &str) -> Result<Option<SecretString>, Unavailable> {
        let revealed = self.vault.reveal(&self.job.tenant, name);
        self.let_down.answered(revealed.is_err());
        revealed.map_err(|error| Unavailable(error.to_string()))
    }

    fn model_secret(&self, token: &str) -> Option<String> {
        self.model.get(token).cloned()
    }

    fn pace(&self) -> Option<&Pace> {
        Some(&self.pace)
    }

    fn log(&self, line: LogLine) {
        self.trace(&line);
        let record = kept::record(self.clock.now(), line);
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

impl Attempt {
    /// Whether the host is why the attempt, which might have taken `wall_time` and has just failed, has done so.
    pub(super) fn was_let_down(&self, wall_time: Duration) -> bool {
        self.let_down.is_why(Instant::now(), wall_time)
    }

    /// The log of the attempt, which has ended.
    pub(super) fn take_log(&self) -> Vec<LogRecord> {
        std::mem::take(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn trace(&self, line: &LogLine) {
        /// The level of an event is part of its place in the code.
        macro_rules! write {
            ($level:expr) => {
                tracing::event!(
                    target: "fermata::worker",
                    $level,
                    job = %self.job.key,
                    attempt = self.job.attempt,
                    process_instance = %self.job.process_instance,
                    process = %self.job.process,
                    element = %self.job.element,
                    component = %self.job.component,
                    source = source(line.source),
                    fields = fields(&line.fields),
                    "{}",
                    line.message
                )
            };
        }
        match line.level {
            LogLevel::Trace => write!(tracing::Level::TRACE),
            LogLevel::Debug => write!(tracing::Level::DEBUG),
            LogLevel::Info => write!(tracing::Level::INFO),
            LogLevel::Warn => write!(tracing::Level::WARN),
            LogLevel::Error => write!(tracing::Level::ERROR),
        }
    }
}

/// The version in `name@version`.
fn version_of(label: &str) -> &str {
    label.rsplit_once('@').map_or(label, |(_, version)| version)
}

const fn source(source: LogSource) -> Option<&'static str> {
    match source {
        LogSource::Log => None,
        LogSource::Stdout => Some("stdout"),
        LogSource::Stderr => Some("stderr"),
        LogSource::Host => Some("host"),
    }
}

/// A component chooses the names of its fields, so they are one text of the event.
fn fields(fields: &[(String, String)]) -> Option<String> {
    let text: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    (!text.is_empty()).then(|| text.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_stands_behind_the_name() {
        assert_eq!(version_of("echo@1.0.0"), "1.0.0");
        assert_eq!(version_of("1.0.0"), "1.0.0");
    }

    #[test]
    fn fields_are_one_text() {
        let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(fields(&[]), None);
        let text = fields(&[owned("customer", "Ada"), owned("note", "two\nlines")]);
        assert_eq!(text.as_deref(), Some(r#"customer="Ada" note="two\nlines""#));
    }
}
