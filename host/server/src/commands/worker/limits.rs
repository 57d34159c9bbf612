//! Options that set limits, and the list of limits in `--help`.

use std::time::Duration;

use anyhow::bail;
use sandbox::limits::{Limit, LimitError, LimitUnit};

use crate::values;

/// How much a job may use.
#[derive(clap::Args)]
pub(super) struct LimitOptions {
    /// Memory of one job, such as 128MiB
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    memory: Option<u64>,
    /// How long one job may run, waiting included, such as 60s
    #[arg(long, value_name = "DURATION", value_parser = parse_wall_time)]
    time: Option<u64>,
    /// How long one job may compute, such as 5s
    #[arg(long, value_name = "DURATION", value_parser = parse_cpu_time)]
    cpu_time: Option<u64>,
    /// Any limit by its name, such as concurrency=4 or requests_per_second=50
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parse_limit)]
    limit: Vec<(Limit, u64)>,
}

impl LimitOptions {
    /// The limits that are set, each once and within its range.
    pub(super) fn given(&self) -> anyhow::Result<Vec<(Limit, u64)>> {
        let named = [
            (Limit::MemoryBytes, self.memory),
            (Limit::WallTime, self.time),
            (Limit::CpuTime, self.cpu_time),
        ];
        let named = named.into_iter().filter_map(|(limit, value)| Some((limit, value?)));
        let given: Vec<(Limit, u64)> = self.limit.iter().copied().chain(named).collect();
        for (at, (limit, value)) in given.iter().enumerate() {
            if let Some((_, other)) = given[..at].iter().find(|(before, _)| before == limit) {
                bail!("limit `{limit}` is given twice, as {other} and as {value}: leave one out");
            }
        }
        Ok(given)
    }
}

fn parse_memory(text: &str) -> Result<u64, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{text}` has no unit: write it as in `64MiB`"));
    }
    check(Limit::MemoryBytes, values::parse_size(text)?)
}

fn parse_wall_time(text: &str) -> Result<u64, String> {
    parse_time(Limit::WallTime, text)
}

fn parse_cpu_time(text: &str) -> Result<u64, String> {
    parse_time(Limit::CpuTime, text)
}

fn parse_time(limit: Limit, text: &str) -> Result<u64, String> {
    let time: Duration = values::parse_duration(text)?;
    check(limit, u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn parse_limit(text: &str) -> Result<(Limit, u64), String> {
    let Some((name, number)) = text.split_once('=') else {
        return Err("expected NAME=NUMBER, such as concurrency=4".to_owned());
    };
    let limit: Limit = name.parse().map_err(|error: LimitError| error.to_string())?;
    let value: i128 = number.parse().map_err(|_| no_number(limit, number))?;
    match u64::try_from(value) {
        Ok(value) => Ok((limit, check(limit, value)?)),
        Err(_) => Err(LimitError::OutOfRange { limit, value }.to_string()),
    }
}

fn check(limit: Limit, value: u64) -> Result<u64, String> {
    limit.check(value).map_err(|error| error.to_string())
}

/// What is wrong with the number, and what it is if it was written with a unit.
fn no_number(limit: Limit, text: &str) -> String {
    let (what, meant) = match limit.unit() {
        LimitUnit::Bytes => ("a whole number of bytes", values::parse_size(text).ok()),
        LimitUnit::Millis => {
            let millis = values::parse_duration(text).ok().map(|time| time.as_millis());
            ("a whole number of milliseconds", millis.and_then(|millis| u64::try_from(millis).ok()))
        }
        LimitUnit::Things => ("a whole number", None),
    };
    let meant = meant.map(|meant| format!(": write {limit}={meant}")).unwrap_or_default();
    format!("`{text}` is not {what}{meant}")
}

/// A line for each limit: its name, what it bounds, what it is without a grant, and between what it can be set.
pub(super) fn list() -> String {
    let lines = Limit::ALL.map(|limit| {
        format!(
            "            {:<20}{}: {} ({} to {})",
            limit.name(),
            limit.about(),
            limit.shown(limit.default()),
            limit.shown(limit.min()),
            limit.shown(limit.max())
        )
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: LimitOptions,
    }

    fn given(line: &[&str]) -> Result<Vec<(Limit, u64)>, String> {
        match Line::try_parse_from([&["grant"], line].concat()) {
            Ok(line) => line.options.given().map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn limits_are_set_by_their_names_and_by_options() {
        let line = ["--limit", "requests=0", "--memory", "128MiB", "--time", "90s", "--cpu-time", "500ms"];
        let expected = [
            (Limit::Requests, 0),
            (Limit::MemoryBytes, 128 << 20),
            (Limit::WallTime, 90_000),
            (Limit::CpuTime, 500),
        ];
        assert_eq!(given(&line), Ok(expected.to_vec()));
    }

    #[test]
    fn a_limit_that_is_given_twice_is_refused() {
        for line in [
            ["--memory", "1GiB", "--limit", "memory_bytes=65536"],
            ["--limit", "memory_bytes=65536", "--memory", "1GiB"],
            ["--limit", "memory_bytes=65536", "--limit", "memory_bytes=1073741824"],
        ] {
            let expected =
                "limit `memory_bytes` is given twice, as 65536 and as 1073741824: leave one out".to_owned();
            assert_eq!(given(&line), Err(expected), "{line:?}");
        }
    }

    #[test]
    fn what_is_no_limit_is_refused_with_what_is_wrong() {
        for (line, expected) in [
            (["--limit", "concurrency"], "expected NAME=NUMBER"),
            (["--limit", "concurency=5"], "did you mean `concurrency`? The limits are memory_bytes, "),
            (["--limit", "concurrency=-1"], "limit `concurrency` is -1, expected 1 to 1000000"),
            (["--limit", "concurrency=0"], "limit `concurrency` is 0, expected 1 to 1000000"),
            (["--limit", "concurrency=1.5"], "`1.5` is not a whole number"),
            (["--limit", "memory_bytes=10MB"], "not a whole number of bytes: write memory_bytes=10000000"),
            (["--limit", "wall_time_ms=2m"], "not a whole number of milliseconds: write wall_time_ms=120000"),
            (["--limit", "response_bytes=0"], "limit `response_bytes` is 0 bytes, expected 1 bytes to 1 GiB"),
            (["--limit", "table_elements=0"], "limit `table_elements` is 0, expected 1 to 1000000"),
            (["--memory", "5"], "`5` has no unit: write it as in `64MiB`"),
            (["--memory", "0B"], "limit `memory_bytes` is 0 bytes, expected 64 KiB to 4 GiB"),
            (["--memory", "100000GiB"], "limit `memory_bytes` is 100000 GiB, expected 64 KiB to 4 GiB"),
            (["--memory", "999TiB"], "the unit `TiB` is not known: use KiB, MiB, GiB, KB, MB, GB or B"),
            (["--time", "0s"], "limit `wall_time_ms` is 0 ms, expected 1 ms to 24 h (1 to 86400000)"),
            (["--time", "9999h"], "limit `wall_time_ms` is 9999 h, expected 1 ms to 24 h"),
            (["--time", "400d"], "the unit `d` is not known: use h, m, s or ms"),
            (["--cpu-time", "0ms"], "limit `cpu_time_ms` is 0 ms"),
        ] {
            let message = given(&line);
            assert!(
                message.as_ref().is_err_and(|message| message.contains(expected)),
                "{line:?}: {message:?}"
            );
        }
    }

    /// The page shows the table of the code.
    #[test]
    fn every_limit_is_in_the_help_and_on_the_page() {
        let (list, page) = (list(), include_str!("../../../../COMPONENTS.md"));
        for limit in Limit::ALL {
            assert!(list.contains(&format!("  {} ", limit.name())), "{limit}");
            let row = format!(
                "| `{limit}` | {} | {} | {} to {} |",
                limit.about(),
                limit.shown(limit.default()),
                limit.shown(limit.min()),
                limit.shown(limit.max())
            );
            assert!(page.contains(&row), "COMPONENTS.md does not have the row\n{row}");
        }
    }
}
