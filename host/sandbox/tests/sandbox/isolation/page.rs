//! The page of the table.

use std::fs;
use std::path::{Path, PathBuf};

use super::case::{Open, Run, Says, Shown};
use super::cases::GROUPS;

/// Sources of this package that the table itself does not lie in.
pub(super) fn sources() -> Vec<String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![package.join("src"), package.join("tests/sandbox")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the sources are there") {
            let path = entry.expect("the sources can be listed").path();
            if path.is_dir() && !path.ends_with("isolation") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(fs::read_to_string(&path).expect("a source is text"));
            }
        }
    }
    sources
}

pub(super) fn markdown() -> String {
    let mut text = String::new();
    for group in GROUPS {
        text += &format!("\n## {}\n\n{}\n\n", group.title, group.about);
        text +=
            "| case | the component | guard | what is said | without the guard |\n|---|---|---|---|---|\n";
        for case in group.cases {
            let (guard, says, open) = match &case.shown {
                Shown::Here(run) => (guard(case.guard, run), said(run.says), opened(run.open)),
                Shown::Elsewhere { test, says, open } => {
                    let open = if matches!(open, Open::Told) { Open::Test(test) } else { *open };
                    let says = if says.is_empty() { "contained".to_owned() } else { code(says) };
                    (case.guard.to_owned(), says, opened(open))
                }
            };
            text += &format!("| {} | {} | {guard} | {says} | {open} |\n", case.name, case.attack);
        }
    }
    text
}

fn guard(guard: &str, run: &Run) -> String {
    let policy = if run.policy == "{}" { String::new() } else { format!(" {}", code(run.policy)) };
    guard.to_owned() + &policy
}

fn said(says: Says) -> String {
    let pattern = code(says.pattern());
    match says {
        Says::Refused(_) => format!("not accepted: {pattern}"),
        Says::Fails(_) => pattern,
        Says::Throws(_) => format!("BPMN error {pattern}"),
        Says::Completes(_) => format!("completes: {pattern}"),
        Says::Logs(_) => format!("completes, log: {pattern}"),
    }
}

fn opened(open: Open) -> String {
    match open {
        Open::Policy(policy, says) => format!("{}: {}", code(policy), said(says)),
        Open::Input(input, says) => format!("below it, {}: {}", code(input), said(says)),
        Open::Guest(_, says) => format!("without the fault: {}", said(says)),
        Open::Test(test) => format!("test {}", code(test)),
        Open::Told => "nothing to let through: the cause is told".to_owned(),
    }
}

/// As code in a cell of a table.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|").replace('\n', "\\n");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[test]
fn the_page_is_the_table() {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("ISOLATION.md");
    let text = fs::read_to_string(&path).expect("the page is there");
    let introduction = text.split("\n## ").next().unwrap_or_default();
    let expected = format!("{}\n{}", introduction.trim_end(), markdown());
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&path, expected).expect("the page can be written");
        return;
    }
    assert!(text == expected, "ISOLATION.md is not as the table: write it with UPDATE_DOCUMENTS=1");
}
