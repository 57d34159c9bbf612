//! What a run has done and what it cost: as lines while it happens, or as JSON at the end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use manifest::Manifest;
use sandbox::{Answer, Digest, LogLine, LogSource, Policy, Report, RequestRecord};
use serde_json::{Map, Value, json};

use super::job::Job;
use super::outcome;
use super::services::Listener;
use crate::{output, values};

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    wall: Duration,
    cpu: Duration,
    memory_bytes: usize,
}

/// A part of it.
type Part = fn(&Cost) -> Duration;

impl Cost {
    pub(super) fn of(report: &Report) -> Self {
        Self { wall: report.wall, cpu: report.cpu, memory_bytes: report.memory_peak_bytes }
    }
}

/// What is told of a run.
pub(super) struct Printed {
    head: Value,
    log: Arc<Mutex<Vec<Value>>>,
    as_json: bool,
}

impl Printed {
    /// Says what is going to run.
    pub(super) fn begin(manifest: &Manifest, job: &Job, digest: &Digest, as_json: bool) -> Self {
        if !as_json {
            output::line(format_args!(
                "job      `{}`, attempt {} of {} {}",
                job.job_type, job.attempt, manifest.name, manifest.version
            ));
        }
        let head = json!({
            "component": { "name": manifest.name, "version": manifest.version, "digest": digest.to_string() },
            "jobType": job.job_type,
        });
        Self { head, log: Arc::default(), as_json }
    }

    /// Takes the log: prints each record when it comes, or keeps it.
    pub(super) fn listener(&self) -> Listener {
        if !self.as_json {
            return Box::new(|line| output::line(output::printable(log_line(&line))));
        }
        let log = Arc::clone(&self.log);
        Box::new(move |line| log.lock().unwrap_or_else(PoisonError::into_inner).push(log_json(line)))
    }

    /// Tells the rest.
    pub(super) fn end(self, report: &Report, policy: &Policy, costs: &[Cost]) -> anyhow::Result<()> {
        let missing = missing_hosts(report, policy);
        if self.as_json {
            return output::json(&self.into_json(report, &missing, costs));
        }
        for request in &report.requests {
            output::line(output::printable(request_line(request)));
        }
        for refusal in &report.refusals {
            output::line(output::printable(format!("refused  {refusal}")));
        }
        for option in &missing {
            output::line(format_args!("allow    it with {option}"));
        }
        if report.log_records_dropped > 0 {
            let dropped = output::counted(report.log_records_dropped as u64, "record");
            output::line(format_args!("log      {dropped} over the limit were dropped"));
        }
        print_outcome(&outcome::to_json(&report.result));
        print_costs(costs);
        Ok(())
    }

    fn into_json(self, report: &Report, missing: &[String], costs: &[Cost]) -> Value {
        let mut told = self.head;
        let last = Cost::of(report);
        told["outcome"] = outcome::to_json(&report.result);
        told["log"] = std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner)).into();
        told["logRecordsDropped"] = report.log_records_dropped.into();
        told["requests"] = report.requests.iter().map(request_json).collect();
        told["refusals"] = json!(report.refusals);
        told["missing"] = json!(missing);
        told["wallMs"] = millis(last.wall).into();
        told["cpuMs"] = millis(last.cpu).into();
        told["memoryPeakBytes"] = last.memory_bytes.into();
        if costs.len() > 1 {
            let of = |part: Part| {
                let spread = Spread::of(costs.iter().map(part));
                json!({ "p50": millis(spread.p50), "p99": millis(spread.p99), "max": millis(spread.max) })
            };
            told["runs"] =
                json!({ "count": costs.len(), "wallMs": of(|cost| cost.wall), "cpuMs": of(|cost| cost.cpu) });
        }
        told
    }
}

fn log_line(line: &LogLine) -> String {
    let fields: String = line.fields.iter().map(|(name, value)| format!("  {name}={value:?}")).collect();
    let source = match line.source {
        LogSource::Log => "",
        LogSource::Stdout => " stdout",
        LogSource::Stderr => " stderr",
        LogSource::Host => " host",
    };
    format!("log      {}{source}  {}{fields}", line.level, line.message)
}

fn log_json(line: LogLine) -> Value {
    let source = match line.source {
        LogSource::Log => "log",
        LogSource::Stdout => "stdout",
        LogSource::Stderr => "stderr",
        LogSource::Host => "host",
    };
    let fields: Map<String, Value> =
        line.fields.into_iter().map(|(name, value)| (name, value.into())).collect();
    json!({ "level": line.level.to_string(), "source": source, "message": line.message, "fields": fields })
}

fn request_line(request: &RequestRecord) -> String {
    let RequestRecord { method, endpoint, path, answer, duration } = request;
    let answer = match answer {
        Answer::Status(status) => status.to_string(),
        Answer::Refused => "refused".to_owned(),
        Answer::Failed(reason) => format!("no answer: {reason}"),
        Answer::Pending => "no answer before the job's end".to_owned(),
    };
    format!("request  {method} {endpoint}{path}  {answer}, {}", shown(*duration))
}

fn request_json(request: &RequestRecord) -> Value {
    let RequestRecord { method, endpoint, path, answer, duration } = request;
    let mut told =
        json!({ "method": method, "endpoint": endpoint, "path": path, "durationMs": millis(*duration) });
    match answer {
        Answer::Status(status) => told["status"] = (*status).into(),
        Answer::Refused => told["refused"] = true.into(),
        Answer::Failed(reason) => told["failed"] = reason.as_str().into(),
        Answer::Pending => told["pending"] = true.into(),
    }
    told
}

/// The options that would have let refused requests out to their hosts, each once.
fn missing_hosts(report: &Report, policy: &Policy) -> Vec<String> {
    let mut options = Vec::new();
    for request in report.requests.iter().filter(|request| request.answer == Answer::Refused) {
        let granted = policy.grants.hosts.iter().any(|grant| {
            let methods = grant.methods();
            grant.endpoint().to_string() == request.endpoint
                && (methods.is_empty() || methods.contains(&request.method))
        });
        let option = format!("--host '{} {}'", request.method, request.endpoint);
        if !granted && !options.contains(&option) {
            options.push(option);
        }
    }
    options
}

/// The first word, then what belongs to it, a line each.
fn print_outcome(outcome: &Value) {
    output::line(format_args!("outcome  {}", output::text(&outcome["kind"])));
    for (name, value) in outcome.as_object().into_iter().flatten().filter(|(name, _)| *name != "kind") {
        output::line(output::printable(format!("         {name}: {}", output::text(value))));
    }
}

fn print_costs(costs: &[Cost]) {
    let memory = costs.iter().map(|cost| cost.memory_bytes).max().unwrap_or_default();
    let parts: [(&str, Part); 2] = [("wall    ", |cost| cost.wall), ("CPU     ", |cost| cost.cpu)];
    for (name, part) in parts {
        let spread = Spread::of(costs.iter().map(part));
        if costs.len() == 1 {
            output::line(format_args!("{name} {}", shown(spread.max)));
        } else {
            output::line(format_args!(
                "{name} p50 {}, p99 {}, most {}, of {} runs",
                shown(spread.p50),
                shown(spread.p99),
                shown(spread.max),
                costs.len()
            ));
        }
    }
    output::line(format_args!("memory   {} at most", values::show_size(memory as u64)));
}

/// How measurements are spread.
#[derive(Debug, Default, PartialEq)]
struct Spread {
    p50: Duration,
    p99: Duration,
    max: Duration,
}

impl Spread {
    fn of(measured: impl Iterator<Item = Duration>) -> Self {
        let mut measured: Vec<Duration> = measured.collect();
        measured.sort_unstable();
        // The least value that so many percent of all do not exceed.
        let at = |percent: usize| {
            let rank = (measured.len() * percent).div_ceil(100).max(1);
            measured.get(rank - 1).copied().unwrap_or_default()
        };
        Self { p50: at(50), p99: at(99), max: at(100) }
    }
}

/// `1.234` milliseconds: whole microseconds.
fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

fn shown(duration: Duration) -> String {
    format!("{:.2} ms", millis(duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_middle_the_tail_and_the_most() {
        let ms = Duration::from_millis;
        assert_eq!(Spread::of([ms(3)].into_iter()), Spread { p50: ms(3), p99: ms(3), max: ms(3) });
        let hundred = (1..=100).rev().map(ms);
        assert_eq!(Spread::of(hundred), Spread { p50: ms(50), p99: ms(99), max: ms(100) });
        let two_hundred = (1..=200).map(ms);
        assert_eq!(Spread::of(two_hundred), Spread { p50: ms(100), p99: ms(198), max: ms(200) });
        assert_eq!(Spread::of(std::iter::empty()), Spread::default());
    }
}
