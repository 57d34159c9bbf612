//! `fermata attempts`: what components said and sent while they tried a job.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata incidents
  fermata attempts 2251799813685260
  fermata attempts 2251799813685251 --limit 5
  fermata attempts 2251799813685251 --json

The host keeps attempts of its components that have failed, were interrupted by its own end, or have written to their log:
the last 20 of a job, and of an instance the last 1,000 that fit into 8 MiB. They stay as long as the instance's history.
Of all others, and of those of workers outside, only the numbers are known.
Of requests the endpoint is kept and neither path nor query, which may hold personal data; `fermata worker run` shows paths.";

/// Show attempts at a job, or at all jobs of an instance, with their logs.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The key of a job or of a process instance
    #[arg(value_name = "JOB_OR_INSTANCE_KEY")]
    key: String,
    /// How many at most, the latest ones
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let key = arguments.key.as_str();
    let limit = arguments.limit as usize;
    let mut attempts = host.attempts("jobs", key).await?;
    let mut jobs = Vec::from_iter(host.open_job(key).await?);
    if attempts.is_empty() && jobs.is_empty() {
        attempts = match host.attempts("process-instances", key).await {
            Err(error) if error.is_not_found() => Vec::new(),
            attempts => attempts?,
        };
        jobs = host.open_jobs(key).await?;
    }
    if arguments.json {
        attempts.drain(..attempts.len().saturating_sub(limit));
        output::json(&attempts)?;
        return Ok(());
    }
    if attempts.is_empty() {
        output::line(format_args!(
            "no attempt of a job or instance {key} is kept: only those of the host's components are that have failed, were \
             interrupted or have written to their log"
        ));
    }
    told(&attempts, &jobs, limit).into_iter().for_each(|line| output::line(output::printable(line)));
    Ok(())
}

/// The last attempts in words, with what there is to say of those between them that are not kept, and then how the jobs
/// stand that are not done.
fn told(attempts: &[Value], jobs: &[Value], limit: usize) -> Vec<String> {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let mut seen = BTreeMap::<String, u64>::new();
    let mut told = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        let job = output::text(&attempt["jobKey"]);
        let this = number(&attempt["attempt"]);
        let before = seen.insert(job.clone(), this).unwrap_or(0);
        let mut lines = Vec::from_iter(gap(before + 1, this.saturating_sub(1), &job));
        lines.extend(self::lines(attempt));
        told.push(lines);
    }
    let mut told: Vec<String> =
        told.split_off(told.len().saturating_sub(limit)).into_iter().flatten().collect();
    for job in jobs {
        let key = output::text(&job["jobKey"]);
        let is_at_work = matches!(job["standing"].as_str(), Some("RUNNING" | "HELD"));
        let ended = number(&job["attempts"]).saturating_sub(u64::from(is_at_work));
        told.extend(gap(seen.get(&key).copied().unwrap_or(0) + 1, ended, &key));
        told.push(standing(job));
    }
    told
}

/// What there is to say of attempts that are not kept, if there are any.
fn gap(first: u64, last: u64, job: &str) -> Option<String> {
    let which = match last.checked_sub(first)? {
        0 => format!("attempt {first} at job {job}"),
        _ => format!("attempts {first} to {last} at job {job}"),
    };
    Some(format!("{which}: not kept"))
}

/// How a job stands that is not done.
fn standing(job: &Value) -> String {
    let text = |field: &str| output::text(&job[field]);
    let at = || output::instant(&job["at"]);
    let how = match (job["standing"].as_str().unwrap_or_default(), job["at"].is_null()) {
        ("WAITING", true) => "waits for its turn".to_owned(),
        ("WAITING", false) => format!("is called again at {}", at()),
        ("RUNNING", _) => format!("attempt {} runs in {}", text("attempts"), text("worker")),
        ("HELD", _) => {
            format!(
                "is held by {} until {}: that worker, or whoever completes it over the API, has it",
                text("worker"),
                at()
            )
        }
        _ => "is stopped: `fermata incidents` tells why".to_owned(),
    };
    format!("job {} of {}: {how}", text("jobKey"), text("elementId"))
}

/// An attempt in words: what it was, then what it sent and said.
fn lines(attempt: &Value) -> Vec<String> {
    let text = |field: &str| output::text(&attempt[field]);
    let number = |field: &str| attempt[field].as_u64().unwrap_or(0);
    if attempt["outcome"] == "INTERRUPTED" {
        return vec![format!(
            "{} attempt {} at job {} of {} ({}): interrupted by a stop of the host, found when it was back",
            text("endedAt"),
            text("attempt"),
            text("jobKey"),
            text("elementId"),
            text("worker"),
        )];
    }
    let mut lines = vec![format!(
        "{} attempt {} at job {} of {} ({}): {} after {}, computed {}, {} KiB of memory",
        text("endedAt"),
        text("attempt"),
        text("jobKey"),
        text("elementId"),
        text("worker"),
        text("outcome").to_lowercase().replace('_', " "),
        duration(number("wallMicros")),
        duration(number("cpuMicros")),
        number("memoryPeakBytes") >> 10,
    )];
    if let Some(message) = attempt["message"].as_str() {
        lines.push(format!("  {message}"));
    }
    for request in each(&attempt["requests"]) {
        let answer = if request["status"].is_null() { &request["problem"] } else { &request["status"] };
        lines.push(format!(
            "  sent {} {}: {} in {}",
            output::text(&request["method"]),
            output::text(&request["endpoint"]),
            output::text(answer),
            duration(request["durationMicros"].as_u64().unwrap_or(0)),
        ));
    }
    for record in each(&attempt["log"]) {
        let source = output::text(&record["source"]).to_lowercase();
        let fields = record["fields"].as_object().into_iter().flatten();
        let fields: String = fields.map(|(name, value)| format!(" {name}={value}")).collect();
        lines.push(format!(
            "  {} {:<5} {source}: {}{fields}",
            output::text(&record["at"]),
            output::text(&record["level"]),
            output::text(&record["message"]),
        ));
    }
    if number("logRecordsDropped") > 0 {
        lines.push(format!("  ({} more were over the limits)", text("logRecordsDropped")));
    }
    lines
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// Microseconds, as people read them.
fn duration(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attempt_is_told_with_its_log() {
        let attempt = json!({
            "endedAt": "2026-01-01T00:00:00.000Z", "attempt": 2, "jobKey": "77", "elementId": "charge",
            "worker": "pay@1.2.0", "outcome": "BPMN_ERROR", "message": "NO_CUSTOMER", "wallMicros": 2_300_000,
            "cpuMicros": 900, "memoryPeakBytes": 1 << 20, "logRecordsDropped": 4,
            "requests": [{ "method": "GET", "endpoint": "crm.example", "status": 404, "durationMicros": 1_500 },
                         { "method": "GET", "endpoint": "crm.example", "status": null, "problem": "reset" }],
            "log": [{ "at": "2026-01-01T00:00:00.000Z", "level": "WARN", "source": "STDERR", "message": "who?",
                      "fields": { "customer": "Ada" } }],
        });
        assert_eq!(
            lines(&attempt),
            [
                "2026-01-01T00:00:00.000Z attempt 2 at job 77 of charge (pay@1.2.0): bpmn error after 2.3 s, \
                 computed 900 µs, 1024 KiB of memory",
                "  NO_CUSTOMER",
                "  sent GET crm.example: 404 in 1.5 ms",
                "  sent GET crm.example: reset in 0 µs",
                "  2026-01-01T00:00:00.000Z WARN  stderr: who? customer=\"Ada\"",
                "  (4 more were over the limits)",
            ]
        );
    }

    fn attempt(job: &str, number: u64, outcome: &str) -> Value {
        json!({ "jobKey": job, "attempt": number, "elementId": "poll", "worker": "poll@1.0.0", "outcome": outcome,
                "endedAt": "2026-01-01T00:00:00.000Z" })
    }

    #[test]
    fn attempts_that_are_not_kept_are_told_as_gaps() {
        let attempts = [
            attempt("7", 2, "FAILED"),
            attempt("8", 1, "FAILED"),
            attempt("7", 3, "INTERRUPTED"),
            attempt("7", 6, "COMPLETED"),
        ];
        let at = "2026-01-01T00:00:09.000Z";
        let job = |key: &str, standing: &str, attempts: u64| {
            json!({ "jobKey": key, "elementId": "poll", "attempts": attempts, "standing": standing, "at": at,
                    "worker": "poll@1.0.0" })
        };
        let jobs = [job("7", "RUNNING", 7), job("9", "WAITING", 4), job("8", "HELD", 3)];
        let told = told(&attempts, &jobs, 20);
        let first = |line: &String| line.split(" (poll").next().unwrap_or_default().to_owned();
        assert_eq!(
            told.iter().map(first).collect::<Vec<_>>(),
            [
                "attempt 1 at job 7: not kept",
                "2026-01-01T00:00:00.000Z attempt 2 at job 7 of poll",
                "2026-01-01T00:00:00.000Z attempt 1 at job 8 of poll",
                "2026-01-01T00:00:00.000Z attempt 3 at job 7 of poll",
                "attempts 4 to 5 at job 7: not kept",
                "2026-01-01T00:00:00.000Z attempt 6 at job 7 of poll",
                "job 7 of poll: attempt 7 runs in poll@1.0.0",
                "attempts 1 to 4 at job 9: not kept",
                "job 9 of poll: is called again at 2026-01-01 00:00:09Z",
                "attempt 2 at job 8: not kept",
                "job 8 of poll: is held by poll@1.0.0 until 2026-01-01 00:00:09Z: that worker, or whoever completes it over \
                 the API, has it",
            ]
        );
        assert!(
            told[3].ends_with("interrupted by a stop of the host, found when it was back"),
            "{}",
            told[3]
        );
        assert_eq!(self::told(&attempts, &[], 1).len(), 2, "the gap goes with the attempt behind it");
    }
}
