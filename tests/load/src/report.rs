//! Printing what was measured.

use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::machine::{self, Disk};

/// Columns of the table where no terminal says how many it has.
const TABLE_WIDTH: u16 = 160;

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Measurement {
    /// The median of the runs.
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// What else was seen: smallest and largest run, percentiles, errors.
    pub(crate) notes: String,
    /// Further figures, by names that say their units.
    pub(crate) details: Vec<(String, f64)>,
}

impl Measurement {
    pub(crate) fn new(value: f64, unit: &'static str, notes: String) -> Self {
        Self { value, unit, notes, details: Vec::new() }
    }

    /// The median of several runs, with their range as note.
    pub(crate) fn median(mut runs: Vec<f64>, unit: &'static str) -> Self {
        runs.sort_by(f64::total_cmp);
        let notes = match (runs.first(), runs.last()) {
            (Some(least), Some(most)) => {
                format!("{} runs, {} to {}", runs.len(), figure(*least), figure(*most))
            }
            _ => String::new(),
        };
        Self::new(median(runs), unit, notes)
    }

    /// Adds a further figure.
    pub(crate) fn with(mut self, name: impl Into<String>, value: f64) -> Self {
        self.details.push((name.into(), value));
        self
    }

    /// Adds a note.
    pub(crate) fn noting(mut self, note: impl std::fmt::Display) -> Self {
        if !self.notes.is_empty() {
            self.notes.push_str("; ");
        }
        self.notes.push_str(&note.to_string());
        self
    }
}

/// The middle one, NaN of none.
pub(crate) fn median(mut runs: Vec<f64>) -> f64 {
    runs.sort_by(f64::total_cmp);
    runs.get(runs.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A value with about three digits that count.
fn figure(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// One line of JSON. What tools rely on comes first.
#[derive(Serialize)]
struct Line<'a> {
    bench: &'a str,
    store: &'a str,
    value: f64,
    unit: &'a str,
    notes: &'a str,
    #[serde(flatten)]
    details: Map<String, Value>,
    machine: &'a str,
    commit: &'a str,
}

/// Collects measurements: lines of JSON at once, or a table at the end.
pub(crate) struct Report {
    json: bool,
    /// Where hosts keep their state.
    store: &'static str,
    table: Table,
    machine: String,
    commit: String,
}

impl Report {
    pub(crate) fn new(json: bool, store: &'static str) -> Self {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        if table.width().is_none() {
            table.set_width(TABLE_WIDTH);
        }
        table.set_header(["bench", "value", "unit", "of", "notes"]);
        Self { json, store, table, machine: machine::processor(), commit: machine::commit() }
    }

    /// Adds a figure, with what the disk did when it was measured where that matters.
    pub(crate) fn add(
        &mut self,
        name: &str,
        about: &str,
        mut measurement: Measurement,
        disk: Option<Disk>,
    ) -> anyhow::Result<()> {
        if let Some(disk) = disk {
            let fsync_ms = disk.fsync_p50.as_secs_f64() * 1_000.0;
            let rows = disk.sqlite_rows_per_s;
            measurement = measurement
                .noting(format_args!("fsync p50 {fsync_ms:.2} ms, {:.0} k SQLite rows/s", rows / 1_000.0))
                .with("fsync_p50_ms", fsync_ms)
                .with("sqlite_rows_per_s", rows);
            if disk.is_busy() {
                measurement = measurement.noting("the disk is busy: figures are low");
            }
        }
        if cfg!(debug_assertions) {
            measurement = measurement.noting("a debug build: figures mean nothing");
        }
        let Measurement { value, unit, notes, details } = &measurement;
        if self.json {
            let details = details.iter().map(|(name, value)| (name.clone(), (*value).into())).collect();
            let (machine, commit) = (&self.machine, &self.commit);
            let line =
                Line { bench: name, store: self.store, value: *value, unit, notes, details, machine, commit };
            println!("{}", serde_json::to_string(&line)?);
        } else {
            let value = figure(*value);
            eprintln!("{name}: {value} {unit} ({notes})");
            self.table.add_row([name, &value, unit, about, notes]);
        }
        Ok(())
    }

    pub(crate) fn finish(self) {
        if !self.json {
            println!("{}\n{}, {}, commit {}", self.table, self.store, self.machine, self.commit);
        }
    }
}
