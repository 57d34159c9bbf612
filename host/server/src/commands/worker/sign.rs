//! `fermata worker sign`: signs a component.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sandbox::Digest;

use crate::failure::Failure;
use crate::output;
use crate::signature::{Signature, SigningKey};

/// A file with a signature, in bytes.
const SIGNATURE_FILE_BYTES_MAX: u64 = 4 << 10;

const EXAMPLES: &str = "\
Example:
  fermata worker sign score.wasm --key team.key
  fermata worker push score.wasm

The signature goes into score.wasm.sig, and `fermata worker push` sends it along.
Pack a component before it is signed: a signature is for these very bytes.";

/// Sign a component.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// The key, as `fermata worker keygen` has made it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let bytes = super::read_component(&arguments.file)?;
    manifest::read(&bytes)
        .with_context(|| format!("{} is not signed", arguments.file.display()))?
        .with_context(|| {
            format!("{} carries no manifest: pack it before it is signed", arguments.file.display())
        })?;
    let digest = Digest::of(&bytes);
    let signature = SigningKey::read(&arguments.key)?.sign(&digest);
    let path = beside(&arguments.file);
    std::fs::write(&path, format!("{signature}\n"))
        .with_context(|| format!("failed to write {}", path.display()))?;
    output::line(format_args!("{} is written", path.display()));
    output::line(format_args!("  digest  {digest}"));
    output::line(format_args!("  key     {}", signature.key()));
    Ok(())
}

/// The file for a component's signature.
pub(super) fn beside(component: &Path) -> PathBuf {
    let mut path = component.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

/// The signature in a file, if there is one.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<Signature>> {
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("failed to read {}", path.display())),
    };
    let read = || -> anyhow::Result<Signature> {
        anyhow::ensure!(size <= SIGNATURE_FILE_BYTES_MAX, "it is too large for a signature");
        Ok(std::fs::read_to_string(path)?.parse()?)
    };
    read().map(Some).with_context(|| format!("the signature {} cannot be used", path.display()))
}
