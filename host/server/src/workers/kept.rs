//! What the sandbox says of an attempt, as it is kept with the job.

use std::time::Duration;

use runtime::Attempted;
use sandbox::{Answer, LogLine, Report, RequestRecord};
use store::{AttemptReport, LogLevel, LogRecord, LogSource, RequestAnswer, RequestMade};
use types::{JobError, Timestamp};

/// What became of an attempt with this log. An attempt that has neither failed nor said anything is not worth a report.
pub(super) fn attempted(report: Report, mut log: Vec<LogRecord>, now: Timestamp) -> Attempted {
    let Report {
        result,
        is_hosts_failure,
        wall,
        cpu,
        memory_peak_bytes,
        requests,
        refusals,
        log_records_dropped,
    } = report;
    let is_silent = log.is_empty() && refusals.is_empty() && log_records_dropped == 0;
    if is_silent && !matches!(result, Err(JobError::Failed(_))) {
        return result.into();
    }
    log.extend(refusals.into_iter().map(|refusal| LogRecord {
        at: now,
        level: LogLevel::Warn,
        source: LogSource::Host,
        message: format!("a request was refused: {refusal}"),
        fields: Vec::new(),
    }));
    let report = AttemptReport {
        wall_us: micros(wall),
        cpu_us: micros(cpu),
        memory_peak_bytes: memory_peak_bytes as u64,
        requests: requests.into_iter().map(request).collect(),
        log,
        log_dropped: log_records_dropped as u64,
    };
    Attempted { result, is_hosts_failure, report: Some(Box::new(report)) }
}

/// A record of the log. The sandbox has taken the secrets out, and keeps to the limits.
pub(super) fn record(at: Timestamp, line: LogLine) -> LogRecord {
    LogRecord {
        at,
        level: match line.level {
            sandbox::LogLevel::Trace => LogLevel::Trace,
            sandbox::LogLevel::Debug => LogLevel::Debug,
            sandbox::LogLevel::Info => LogLevel::Info,
            sandbox::LogLevel::Warn => LogLevel::Warn,
            sandbox::LogLevel::Error => LogLevel::Error,
        },
        source: match line.source {
            sandbox::LogSource::Log => LogSource::Log,
            sandbox::LogSource::Stdout => LogSource::Stdout,
            sandbox::LogSource::Stderr => LogSource::Stderr,
            sandbox::LogSource::Host => LogSource::Host,
        },
        message: line.message,
        fields: line.fields,
    }
}

fn request(record: RequestRecord) -> RequestMade {
    RequestMade {
        method: record.method,
        endpoint: record.endpoint,
        answer: match record.answer {
            Answer::Status(status) => RequestAnswer::Status(status),
            Answer::Refused => RequestAnswer::Refused,
            Answer::Failed(reason) => RequestAnswer::Failed(reason),
            Answer::Pending => RequestAnswer::Pending,
        },
        duration_us: micros(record.duration),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use types::{Failure, JobOutcome, Variables};

    use super::*;

    fn report(result: Result<JobOutcome, JobError>, refusals: &[&str]) -> Report {
        Report {
            result,
            is_hosts_failure: false,
            wall: Duration::from_millis(20),
            cpu: Duration::from_micros(300),
            memory_peak_bytes: 65_536,
            requests: vec![RequestRecord {
                method: "GET".to_owned(),
                endpoint: "crm.example".to_owned(),
                path: "/customers/ada".to_owned(),
                answer: Answer::Status(404),
                duration: Duration::from_millis(5),
            }],
            refusals: refusals.iter().map(|&refusal| refusal.to_owned()).collect(),
            log_records_dropped: 0,
        }
    }

    fn done() -> Result<JobOutcome, JobError> {
        Ok(JobOutcome::Completed(Variables::new()))
    }

    fn line() -> LogRecord {
        let (level, source) = (sandbox::LogLevel::Info, sandbox::LogSource::Stdout);
        let line = LogLine { level, source, message: "hello".to_owned(), fields: Vec::new() };
        record(Timestamp::default(), line)
    }

    #[test]
    fn only_what_failed_or_spoke_has_a_report() {
        let now = Timestamp::default();
        assert!(attempted(report(done(), &[]), Vec::new(), now).report.is_none());
        assert!(attempted(report(done(), &[]), vec![line()], now).report.is_some());
        let failed = Err(JobError::Failed(Failure::new("no answer")));
        let kept = attempted(report(failed, &[]), Vec::new(), now).report;
        let request = RequestMade {
            method: "GET".to_owned(),
            endpoint: "crm.example".to_owned(),
            answer: RequestAnswer::Status(404),
            duration_us: 5_000,
        };
        let expected = AttemptReport {
            wall_us: 20_000,
            cpu_us: 300,
            memory_peak_bytes: 65_536,
            requests: vec![request],
            ..AttemptReport::default()
        };
        assert_eq!(kept.as_deref(), Some(&expected));
    }

    #[test]
    fn why_the_host_refused_a_request_is_in_the_log() {
        let kept = attempted(report(done(), &["not granted"]), vec![line()], Timestamp::default()).report;
        let log: Vec<_> = kept.into_iter().flat_map(|report| report.log).collect();
        let told: Vec<_> = log.iter().map(|record| (record.source, record.message.as_str())).collect();
        let expected =
            [(LogSource::Stdout, "hello"), (LogSource::Host, "a request was refused: not granted")];
        assert_eq!(told, expected);
    }
}
