//! Printing what was measured.

use comfy_table::Table;
use serde_json::json;

/// One figure.
pub(crate) struct Measurement {
    /// The median of the runs.
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// What else was seen: smallest and largest run, percentiles, errors.
    pub(crate) notes: String,
}

impl Measurement {
    /// The median of several runs, with their range as note.
    pub(crate) fn median(mut runs: Vec<f64>, unit: &'static str) -> Self {
        runs.sort_by(f64::total_cmp);
        let value = runs.get(runs.len() / 2).copied().unwrap_or(f64::NAN);
        let notes = match (runs.first(), runs.last()) {
            (Some(least), Some(most)) => format!("{} runs, {least:.1} to {most:.1}", runs.len()),
            _ => String::new(),
        };
        Self { value, unit, notes }
    }
}

/// Collects measurements: lines of JSON at once, or a table at the end.
pub(crate) struct Report {
    json: bool,
    table: Table,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["bench", "value", "unit", "of", "notes"]);
        Self { json, table }
    }

    pub(crate) fn add(&mut self, name: &str, about: &str, measurement: &Measurement) {
        let Measurement { value, unit, notes } = measurement;
        if self.json {
            println!(
                "{}",
                json!({ "bench": name, "store": "sqlite", "value": value, "unit": unit, "notes": notes })
            );
        } else {
            eprintln!("{name}: {value:.1} {unit} ({notes})");
            self.table.add_row([name, &format!("{value:.1}"), unit, about, notes]);
        }
    }

    pub(crate) fn finish(self) {
        if !self.json {
            println!("{}", self.table);
        }
    }
}
