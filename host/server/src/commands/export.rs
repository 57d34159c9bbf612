//! `fermata export`: writes the history of finished instances as NDJSON.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::Response;
use tempfile::NamedTempFile;

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

/// How long to wait for the next piece.
const PIECE_WITHIN: Duration = Duration::from_secs(60);

/// Standard output as a file's name.
const STDOUT: &str = "-";

const EXAMPLES: &str = "\
Examples:
  fermata export > history.ndjson
  fermata export --process order --ended-before 2026-01-01T00:00:00Z --to orders.ndjson
  fermata export | jq -c 'select(.events[].type == \"INCIDENT_CREATED\")'

Each line is what one command did to one instance, with the same events as
`GET /fermata/v1/process-instances/KEY/history`:
  {\"processInstanceKey\":\"2251799813685251\",\"processDefinitionKey\":\"2251799813685250\",
   \"processDefinitionId\":\"order\",\"tenantId\":\"<default>\",\"position\":7,\"entry\":0,
   \"at\":\"2026-01-31T12:00:00.000Z\",\"actor\":\"anonymous\",\"events\":[{\"type\":\"INSTANCE_CREATED\", ...}, ...]}
The lines of an instance follow each other; the last one has INSTANCE_COMPLETED or INSTANCE_TERMINATED among its events.
An instance that retention removes at that very moment may lack some of its lines; the folder of [retention] has them all.
`processInstanceKey`, `position` and `entry` together name a line, also in the files that a host writes before it removes
instances (`fermata serve --help`, section [retention]).
A file appears under its name when it is whole, and never replaces another.";

/// Write the history of finished process instances as NDJSON, those of a process version that ended first first.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only those of this process, by its id in the model
    #[arg(long, value_name = "PROCESS_ID")]
    process: Option<String>,
    /// Only those of instances that have ended before this time, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    ended_before: Option<String>,
    /// The file to write, or - for standard output
    #[arg(long, value_name = "FILE", default_value = STDOUT)]
    to: PathBuf,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let Arguments { process, ended_before, to } = arguments;
    let to_stdout = to.as_os_str() == STDOUT;
    if !to_stdout && to.exists() {
        return Err(anyhow::anyhow!("{} exists already: name another file", to.display()).into());
    }
    let history = host.export(process.as_deref(), ended_before.as_deref()).await?;
    if to_stdout {
        write(history, &mut io::stdout().lock()).await?;
        return Ok(());
    }
    let lines = write_file(history, &to).await?;
    output::line(format_args!("{}: {lines} lines", to.display()));
    Ok(())
}

fn time(text: &str) -> Result<String, api::time::NotATime> {
    api::time::parse(text).map(|_| text.to_owned())
}

/// Writes beside the file, and gives it its name at the end.
async fn write_file(history: Response, to: &Path) -> anyhow::Result<u64> {
    let unwritable = || format!("failed to write {}", to.display());
    let folder = match to.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(folder).with_context(unwritable)?;
    let lines = write(history, &mut file).await.with_context(unwritable)?;
    file.as_file().sync_all().with_context(unwritable)?;
    file.persist_noclobber(to).map_err(|error| error.error).with_context(unwritable)?;
    Ok(lines)
}

/// Returns how many lines there were. A reader that has gone away, such as `head`, ends it quietly.
async fn write(mut history: Response, to: &mut impl Write) -> anyhow::Result<u64> {
    let mut lines = 0;
    loop {
        let piece = match tokio::time::timeout(PIECE_WITHIN, history.chunk()).await {
            Ok(piece) => piece.map_err(reqwest::Error::without_url).context("the host has broken off")?,
            Err(_) => bail!("the host has sent nothing for {} s", PIECE_WITHIN.as_secs()),
        };
        let written = match &piece {
            Some(piece) => to.write_all(piece),
            None => to.flush(),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(lines),
            written => written?,
        }
        let Some(piece) = piece else { return Ok(lines) };
        lines += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
    }
}
