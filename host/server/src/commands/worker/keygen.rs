//! `fermata worker keygen`: makes a key that signs components.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::output;
use crate::signature::SigningKey;

const EXAMPLES: &str = "\
Example:
  fermata worker keygen team.key

Keep the file where releases are made. The public key that is printed goes into the configuration of hosts:
  [components]
  signatures = \"required\"        # or \"optional\"
  trusted_keys = [\"ed25519:…\"]
A key of OpenSSL (`openssl genpkey -algorithm ed25519 -out team.key`) does as well.";

/// Make a key that signs components.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file for the key; one that is there is never written over
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let key = SigningKey::generate(&arguments.file)?;
    output::line(format_args!("{} is written, keep it secret", arguments.file.display()));
    output::line(format_args!("  public key  {}", key.public()));
    Ok(())
}
