//! `fermata attempts`: what components said and sent while they tried a job.

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

The host keeps attempts of its components that have failed or have written to their log: the last 20 of a job, and of an
instance as many as fit into 8 MiB. They stay as long as the instance's history.";

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
    let mut attempts = host.attempts("jobs", key).await?;
    if attempts.is_empty() {
        attempts = match host.attempts("process-instances", key).await {
            Err(error) if error.is_not_found() => Vec::new(),
            attempts => attempts?,
        };
    }
    attempts.drain(..attempts.len().saturating_sub(arguments.limit as usize));
    if arguments.json {
        output::json(&attempts)?;
        return Ok(());
    }
    if attempts.is_empty() {
        output::line(format_args!(
            "no attempt of a job or instance {key} is kept: only those that have failed or written to their log are"
        ));
    }
    for attempt in &attempts {
        lines(attempt).into_iter().for_each(|line| output::line(output::printable(line)));
    }
    Ok(())
}

/// An attempt in words: what it was, then what it sent and said.
fn lines(attempt: &Value) -> Vec<String> {
    let text = |field: &str| output::text(&attempt[field]);
    let number = |field: &str| attempt[field].as_u64().unwrap_or(0);
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
}
