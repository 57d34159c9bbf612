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
    print_next(&folder)
}

/// The commands that come next.
fn print_next(folder: &Path) -> Result<(), Failure> {
    let Some(project) = Project::find(folder)? else {
        output::line(format_args!(
            "{} says how to build, test and push it",
            folder.join("README.md").display()
        ));
        return Ok(());
    };
    output::line("README.md says what to install once; next:");
    output::line(format_args!("  cd {}", folder.display()));
    output::line(format_args!("  {}", project.build));
    if let Some(test) = &project.test {
        output::line(format_args!("  {test}"));
    }
    output::line(format_args!("  {}", project.push()));
    Ok(())
}
