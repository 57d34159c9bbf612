//! `FUNCTIONS.md` lists the functions that there are. `UPDATE_FUNCTIONS=1` writes the list anew.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use fermata_feel::{FunctionKind, Signature, builtin_signatures};

/// Camunda 8's functions with their parameters, one signature a line.
const CAMUNDA: &str = include_str!("cases/signatures.txt");

/// What stands above the generated part.
const MARK: &str = "<!-- The rest is generated: see tests/functions.rs. -->\n";

#[test]
fn the_list_of_functions_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FUNCTIONS.md");
    let text = fs::read_to_string(&path).unwrap();
    let (introduction, list) = text.split_once(MARK).unwrap();
    if std::env::var_os("UPDATE_FUNCTIONS").is_some() {
        fs::write(&path, format!("{introduction}{MARK}{}", generated())).unwrap();
        return;
    }
    assert!(list == generated(), "FUNCTIONS.md is not what there is: UPDATE_FUNCTIONS=1 writes it anew");
}

#[test]
fn every_kind_has_functions_and_every_signature_is_there_once() {
    let kinds: BTreeSet<FunctionKind> = builtin_signatures().map(|signature| signature.kind).collect();
    assert_eq!(kinds.len(), HEADINGS.len());
    let written: Vec<String> = builtin_signatures().map(written).collect();
    assert_eq!(written.iter().collect::<BTreeSet<_>>().len(), written.len());
    assert!(builtin_signatures().map(|signature| signature.kind).is_sorted());
}

const HEADINGS: [(FunctionKind, &str); 9] = [
    (FunctionKind::Boolean, "Boolean"),
    (FunctionKind::Conversion, "Conversion"),
    (FunctionKind::Numeric, "Numeric"),
    (FunctionKind::String, "String"),
    (FunctionKind::List, "List"),
    (FunctionKind::Context, "Context"),
    (FunctionKind::Temporal, "Temporal"),
    (FunctionKind::Range, "Range"),
    (FunctionKind::Connector, "Connector"),
];

fn generated() -> String {
    let camunda: BTreeSet<&str> = CAMUNDA.lines().collect();
    let mut text = String::new();
    for (kind, heading) in HEADINGS {
        write!(text, "\n## {heading}\n\n| function | Camunda 8 documents it |\n|---|---|\n").unwrap();
        for signature in builtin_signatures().filter(|signature| signature.kind == kind) {
            let is_known = if camunda.contains(&*written(signature)) { "yes" } else { "no" };
            let more = if signature.takes_more { ", …" } else { "" };
            let parameters = signature.parameters.join(", ");
            writeln!(text, "| `{}({parameters}{more})` | {is_known} |", signature.name).unwrap();
        }
    }
    text
}

fn written(signature: Signature) -> String {
    format!("{} ({})", signature.name, signature.parameters.join(", "))
}
