//! That `METRICS.md` shows what there is.

use std::fs;
use std::path::Path;

use prometheus_client::metrics::MetricType;

use super::catalog::{ALL, Metric};

/// As the page names it.
fn exposed(metric: &Metric) -> String {
    let ending = match metric.kind {
        MetricType::Counter => "_total",
        MetricType::Info => "_info",
        _ => "",
    };
    format!("{}{ending}", metric.name)
}

fn table() -> String {
    let mut table = "| metric | kind | labels | tells |\n|---|---|---|---|\n".to_owned();
    for metric in ALL {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind) = (exposed(metric), metric.kind.as_str());
        table += &format!("| `{name}` | {kind} | {} | {} |\n", labels.join(", "), metric.help);
    }
    table
}

#[test]
fn the_page_of_metrics_is_what_there_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("METRICS.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, _) = page.split_once("| metric |").unwrap();
    let expected = format!("{head}{}", table());
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(path, expected).unwrap();
        return;
    }
    assert!(page == expected, "METRICS.md is not what there is: write it with UPDATE_DOCUMENTS=1");
}

#[test]
fn names_are_there_once_and_end_as_their_units_do() {
    for (index, metric) in ALL.iter().enumerate() {
        assert!(ALL[..index].iter().all(|other| other.name != metric.name), "{}", metric.name);
        assert!(!metric.name.ends_with("_total") && !metric.help.ends_with('.'), "{}", metric.name);
        if metric.kind == MetricType::Histogram {
            assert!(metric.name.ends_with("_seconds"), "{}", metric.name);
        }
    }
}
