//! What has to be installed before the tests can run: looked for at once, so that nobody learns of it bit by bit.

use std::process::Stdio;

use anyhow::bail;

use crate::process::{cargo, tool};

/// The oldest Node.js that has what Camunda's client uses: 18 lacks the global `File`.
const NODE_MIN: Version = (20, 0);

/// The oldest Python that the SDK runs on.
const PYTHON_MIN: Version = (3, 10);

/// Major and minor version.
type Version = (u32, u32);

/// A program that the tests run.
struct Program {
    /// What people call it.
    name: &'static str,
    /// How it is asked for its version, or whether it is there at all.
    command: &'static [&'static str],
    /// The least version; zeros for any.
    min: Version,
    /// What it is needed for.
    purpose: &'static str,
    /// How to install it.
    advice: &'static str,
}

const ANY: Version = (0, 0);

const PROGRAMS: &[Program] = &[
    // Elsewhere the compiler has another name, and is no program of the path.
    #[cfg(unix)]
    Program {
        name: "cc",
        command: &["cc", "--version"],
        min: ANY,
        purpose: "compiles SQLite",
        advice: "install a C compiler: `apt-get install gcc libc6-dev`, `xcode-select --install`",
    },
    Program {
        name: "cargo fmt",
        command: &["cargo", "fmt", "--version"],
        min: ANY,
        purpose: "checks formatting",
        advice: "run `rustup component add rustfmt`",
    },
    Program {
        name: "cargo clippy",
        command: &["cargo", "clippy", "--version"],
        min: ANY,
        purpose: "checks lints",
        advice: "run `rustup component add clippy`",
    },
    Program {
        name: "curl",
        command: &["curl", "--version"],
        min: ANY,
        purpose: "runs the commands that the demo prints",
        advice: "install curl",
    },
    Program {
        name: "make",
        command: &["make", "--version"],
        min: ANY,
        purpose: "builds workers in C and Go",
        advice: "install make: `apt-get install make`, `xcode-select --install`",
    },
    Program {
        name: "node",
        command: &["node", "--version"],
        min: NODE_MIN,
        purpose: "runs Camunda's client",
        advice: "install it from nodejs.org or your distribution",
    },
    Program {
        name: "npm",
        command: &["npm", "--version"],
        min: ANY,
        purpose: "installs Camunda's client",
        advice: "it comes with Node.js; Debian has a package `npm` of its own",
    },
    Program {
        name: "python3",
        command: &["python3", "--version"],
        min: PYTHON_MIN,
        purpose: "tests the SDK for Python",
        advice: "install Python 3.10 or newer from python.org or your distribution",
    },
    Program {
        name: "python3 -m venv",
        command: &["python3", "-c", "import ensurepip, venv"],
        min: ANY,
        purpose: "installs the compiler for Python",
        advice: "on Debian, `apt-get install python3-venv`",
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
    let Program { name, command, min, purpose, advice } = program;
    let Some(said) = version(command) else {
        return Some(format!("`{name}` is missing, which {purpose}: {advice}"));
    };
    let (major, minor) = read_version(&said).filter(|version| version < min)?;
    let expected = if min.1 == 0 { min.0.to_string() } else { format!("{}.{}", min.0, min.1) };
    Some(format!("`{name}` is of version {major}.{minor}, expected {expected} or newer: {advice}"))
}

/// What a program says of its version; `None` when it cannot be run.
fn version(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let mut command = if *program == "cargo" { cargo() } else { tool(program) };
    let output = command.args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// 20.1 of `v20.1.0`, 3.11 of `Python 3.11.2`.
fn read_version(said: &str) -> Option<Version> {
    let word = said
        .split_whitespace()
        .find(|word| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()))?;
    let mut numbers = word.trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next().and_then(Result::ok).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(name: &'static str, command: &'static [&'static str], min: Version) -> Program {
        Program { name, command, min, purpose: "helps", advice: "get it" }
    }

    #[test]
    fn what_is_missing_or_too_old_is_told_with_advice() {
        let missing = problem(&program("it", &["no-such-program", "--version"], ANY));
        assert_eq!(missing.as_deref(), Some("`it` is missing, which helps: get it"));
        // What this test was built with is there, and says its version its own way.
        assert_eq!(problem(&program("cargo", &["cargo", "--version"], ANY)), None);
        let failing = problem(&program("cargo it", &["cargo", "no-such-command", "--version"], ANY));
        assert_eq!(failing.as_deref(), Some("`cargo it` is missing, which helps: get it"));
        for (said, min, expected) in [
            ("v18.20.8", NODE_MIN, Some("`it` is of version 18.20, expected 20 or newer: get it")),
            ("v20.0.1", NODE_MIN, None),
            ("Python 3.9.18", PYTHON_MIN, Some("`it` is of version 3.9, expected 3.10 or newer: get it")),
            ("Python 3.10.0", PYTHON_MIN, None),
            ("Python 3.11", PYTHON_MIN, None),
            ("nothing of the kind", PYTHON_MIN, None),
        ] {
            let command: &'static [&'static str] = Vec::leak(vec!["echo", said]);
            assert_eq!(problem(&program("it", command, min)).as_deref(), expected, "{said}");
        }
    }
}
