//! `fermata new`: the files that a new worker begins with.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use scaffold::{File, Language, Name};

use super::project::Project;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata new worker check-customer --lang rust
  fermata new worker check-customer --lang rust --dir workers/check-customer

The folder holds a worker that runs: it calls a service, keeps a checkpoint and throws a BPMN error. Change it to
what is needed. The SDK and the interfaces of the host are in it too, so that it is complete in itself.
Its README.md says what to install once.";

/// Write the files that something new begins with.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Write a worker's project into a new folder
    Worker(Arguments),
}

/// Write a worker's project into a new folder.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The worker's name, which is also its job type
    name: Name,
    /// The language that it is written in
    #[arg(long, value_name = "LANGUAGE", value_parser = languages())]
    lang: Language,
    /// The folder to write, empty or not there yet [default: NAME here]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

fn languages() -> impl clap::builder::TypedValueParser<Value = Language> {
    let names = Language::offered().into_iter().map(Language::as_str);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Language>())
}

/// What stands before the path of everything that no author changes.
const BROUGHT: &str = "fermata/";

/// Runs the command.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let Command::Worker(Arguments { name, lang, dir }) = command;
    let folder = dir.unwrap_or_else(|| name.as_str().into());
    let files = scaffold::worker(lang, &name, &folder)?;
    let (brought, own): (Vec<File>, Vec<File>) =
        files.into_iter().partition(|file| file.path.starts_with(BROUGHT));
    output::line(format_args!("{} holds a worker in {lang}:", folder.display()));
    for file in &own {
        output::line(format_args!("  {}", file.path));
    }
    let count = output::counted(brought.len() as u64, "file");
    output::line(format_args!(
        "  {BROUGHT} ({count}: the SDK and the interfaces of the host, with their licences)"
    ));
    print_next(lang, &folder)
}

/// The commands that come next.
fn print_next(lang: Language, folder: &Path) -> Result<(), Failure> {
    let Some(project) = Project::find(folder)? else {
        output::line(format_args!(
            "{} says how to build, test and push it",
            folder.join("README.md").display()
        ));
        return Ok(());
    };
    output::line(format_args!("it is built with {}, as README.md says; next:", lang.needs()));
    next(lang, folder, &project).into_iter().for_each(|line| output::line(format_args!("  {line}")));
    Ok(())
}

/// From an empty machine to a worker on a host, a line for each command.
fn next(lang: Language, folder: &Path, project: &Project) -> Vec<String> {
    let mut next = vec![format!("cd {}", folder.display())];
    let last = lang.preparation().len();
    next.extend(lang.preparation().iter().enumerate().map(|(index, command)| {
        if index + 1 == last { format!("{command}    (so far once)") } else { (*command).to_owned() }
    }));
    next.push(project.build.clone());
    next.extend(project.test.clone());
    next.push(project.push());
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_before_the_first_build_comes_first() -> anyhow::Result<()> {
        let outer = tempfile::tempdir()?;
        for (lang, first, build) in [
            (
                Language::Rust,
                "rustup target add wasm32-wasip2",
                "cargo build --release --target wasm32-wasip2",
            ),
            (Language::Js, "npm ci", "npm run build"),
            (Language::Python, "python3 -m venv .venv", "python3 -m fermata build"),
            (Language::C, "make", "make"),
            (Language::Go, "make", "make"),
        ] {
            let folder = outer.path().join(lang.as_str());
            scaffold::worker(lang, &"check-customer".parse()?, &folder)?;
            let project = Project::find(&folder)?.expect("every template has one");
            let next = next(lang, Path::new("check-customer"), &project);
            assert_eq!(next[0], "cd check-customer");
            assert!(next[1].starts_with(first), "{next:?}");
            let builds = next.iter().position(|line| line == build);
            assert_eq!(builds, Some(1 + lang.preparation().len()), "{next:?}");
            assert!(next.last().is_some_and(|line| line.starts_with("fermata worker push ")), "{next:?}");
        }
        Ok(())
    }
}
