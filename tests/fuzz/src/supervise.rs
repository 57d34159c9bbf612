//! Runs the cases in another process, and finds out which one has ended it.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::Context as _;
use fermata_fuzz::corpus;
use fermata_fuzz::target::Target;
use fermata_fuzz::under_way::UnderWay;
use fermata_fuzz::watch::{Fault, report};

use crate::{Arguments, name_of, text_of, under_way_path};

/// Whether nothing was found.
pub(crate) fn supervise(target: Target, arguments: &Arguments) -> anyhow::Result<bool> {
    let mut child = program(target, arguments)?;
    child.arg("--in-child").arg(format!("--seconds={}", arguments.seconds));
    if let Some(threads) = arguments.threads {
        child.arg(format!("--threads={threads}"));
    }
    let status = child.status().context("running the cases")?;
    let path = under_way_path(&arguments.found, target, arguments.seed);
    let is_clean = match status.signal() {
        None => status.success(),
        Some(signal) => {
            let cases = UnderWay::left_in(&path).with_context(|| path.display().to_string())?;
            println!("signal {signal} has ended the process; {} cases were under way", cases.len());
            for found in blamed(target, arguments, &cases)? {
                println!("{found}");
            }
            false
        }
    };
    // One that was not made is one that is gone.
    let _ = std::fs::remove_file(path);
    Ok(is_clean)
}

/// Keeps those of `cases` that end a process by themselves, or all of them if none does.
fn blamed(target: Target, arguments: &Arguments, cases: &[u64]) -> anyhow::Result<Vec<String>> {
    let corpus = corpus::read(target)?;
    let mut deadly = Vec::new();
    for &case in cases {
        let status = again(target, arguments, case)?;
        if let Some(signal) = status.signal() {
            deadly.push((case, Fault::Death { signal }));
        }
    }
    if deadly.is_empty() {
        deadly.extend(cases.iter().map(|case| (*case, Fault::UnderWay)));
    }
    let keep = |(case, fault): (u64, Fault)| {
        let text = text_of(&corpus, arguments.seed, case);
        report(fault, &name_of(target, arguments.seed, case), &text, Path::new(&arguments.found))
    };
    Ok(deadly.into_iter().map(keep).collect())
}

fn again(target: Target, arguments: &Arguments, case: u64) -> anyhow::Result<ExitStatus> {
    let mut child = program(target, arguments)?;
    child.arg(format!("--case={case}")).stdout(Stdio::null()).stderr(Stdio::null());
    child.status().with_context(|| format!("running case {case} again"))
}

fn program(target: Target, arguments: &Arguments) -> anyhow::Result<Command> {
    let mut program = Command::new(std::env::current_exe().context("the path of this program")?);
    program.arg(target.name()).arg(format!("--seed={}", arguments.seed));
    program.arg("--found").arg(&arguments.found);
    if let Some(case) = arguments.planted {
        program.arg(format!("--planted={case}"));
    }
    Ok(program)
}
