//! What has to be installed before the tests can run: looked for at once, so that nobody learns of it bit by bit.

use std::process::Stdio;

use anyhow::bail;

use crate::process::{cargo, tool};

/// The oldest Node.js that has what Camunda's client uses: 18 lacks the global `File`.
const NODE_MAJOR_MIN: u32 = 20;

/// A program that the tests run.
struct Program {
    /// How it is asked for its version.
    command: &'static [&'static str],
    /// The least major version; 0 for any.
    major_min: u32,
    /// What it is needed for.
    purpose: &'static str,
    /// How to install it.
    advice: &'static str,
}

const PROGRAMS: &[Program] = &[
    // Elsewhere the compiler has another name, and is no program of the path.
    #[cfg(unix)]
    Program {
        command: &["cc", "--version"],
        major_min: 0,
        purpose: "compiles SQLite",
        advice: "install a C compiler: `apt-get install gcc libc6-dev`, `xcode-select --install`",
    },
    Program {
        command: &["cargo", "fmt", "--version"],
        major_min: 0,
        purpose: "checks formatting",
        advice: "run `rustup component add rustfmt`",
    },
    Program {
        command: &["cargo", "clippy", "--version"],
        major_min: 0,
        purpose: "checks lints",
        advice: "run `rustup component add clippy`",
    },
    Program {
        command: &["curl", "--version"],
        major_min: 0,
        purpose: "runs the commands that the demo prints",
        advice: "install curl",
    },
    Program {
        command: &["node", "--version"],
        major_min: NODE_MAJOR_MIN,
        purpose: "runs Camunda's client",
        advice: "install it from nodejs.org or your distribution",
    },
    Program {
        command: &["npm", "--version"],
        major_min: 0,
        purpose: "installs Camunda's client",
        advice: "it comes with Node.js; Debian has a package `npm` of its own",
    },
    Program {
        command: &["python3", "--version"],
        major_min: 0,
        purpose: "tests the SDK for Python",
        advice: "install Python 3.10 or newer from python.org or your distribution",
    },
];

/// Fails with a line for each program that is missing or too old.
pub(crate) fn check() -> anyhow::Result<()> {
    let problems: Vec<String> = PROGRAMS.iter().filter_map(problem).collect();
    if problems.is_empty() {
        return Ok(());
    }
    bail!("the tests need more than is here:\n  {}", problems.join("\n  "))
}

fn problem(program: &Program) -> Option<String> {
    let Program { command, major_min, purpose, advice } = program;
    let name = match command {
        [name, "--version"] => (*name).to_owned(),
        [name, subcommand, ..] => format!("{name} {subcommand}"),
        _ => String::new(),
    };
    let Some(said) = version(command) else {
        return Some(format!("`{name}` is missing, which {purpose}: {advice}"));
    };
    match major(&said) {
        Some(major) if major < *major_min => {
            Some(format!("`{name}` is of version {major}, expected {major_min} or newer: {advice}"))
        }
        _ => None,
    }
}

/// What a program says of its version; `None` when it cannot be run.
fn version(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let mut command = if *program == "cargo" { cargo() } else { tool(program) };
    let output = command.args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `20` of `v20.1.0`.
fn major(said: &str) -> Option<u32> {
    said.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(command: &'static [&'static str], major_min: u32) -> Program {
        Program { command, major_min, purpose: "helps", advice: "get it" }
    }

    #[test]
    fn what_is_missing_or_too_old_is_told_with_advice() {
        let missing = problem(&program(&["no-such-program", "--version"], 0));
        assert_eq!(missing.as_deref(), Some("`no-such-program` is missing, which helps: get it"));
        // What this test was built with is there, and says its version its own way.
        assert_eq!(problem(&program(&["cargo", "--version"], 0)), None);
        let failing = problem(&program(&["cargo", "no-such-command", "--version"], 0));
        assert_eq!(failing.as_deref(), Some("`cargo no-such-command` is missing, which helps: get it"));
        let old = problem(&program(&["echo", "v18.20.8"], 20));
        assert_eq!(old.as_deref(), Some("`echo v18.20.8` is of version 18, expected 20 or newer: get it"));
        assert_eq!(problem(&program(&["echo", "v20.0.1"], 20)), None);
    }
}
