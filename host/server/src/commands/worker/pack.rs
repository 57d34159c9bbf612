//! `fermata worker pack`: writes a manifest into a component, which it makes of a core module where compilers make those.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::failure::Failure;
use crate::{output, values};

const EXAMPLES: &str = "\
Examples:
  fermata worker pack target/wasm32-wasip2/release/score.wasm
  fermata worker pack dist/score.wasm --manifest component.toml -o score.wasm
  fermata worker pack build/module.wasm --wit fermata/wit      # a core module, as of C or Go

A manifest says who the component is, which jobs it does and what it wants:
  name = \"score\"
  version = \"1.0.0\"
  kind = \"worker\"              # or \"connector\": its answer is mapped by the model
  job-types = [\"score-order\"]

  [[hosts]]                    # it may call none until an operator grants them
  name = \"api.example.com\"
  reason = \"credit ratings\"";

/// Write a manifest into a component, made of a core module where compilers make those.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component, or a core module, which becomes one
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// The manifest
    #[arg(long, value_name = "FILE", default_value = "component.toml")]
    manifest: PathBuf,
    /// The file to write [default: NAME.wasm here, NAME as in the manifest]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: super::module::Target,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let component =
        arguments.target.component_of(super::read_component(&arguments.file)?, &arguments.file)?;
    let (packed, manifest) = super::with_manifest(&component, &arguments.file, &arguments.manifest)?;
    let path = arguments.output.clone().unwrap_or_else(|| format!("{}.wasm", manifest.name).into());
    write(&path, &packed).with_context(|| format!("failed to write {}", path.display()))?;
    output::line(format_args!(
        "{} {} packed into {}, {}",
        manifest.name,
        manifest.version,
        path.display(),
        values::show_size(packed.len() as u64)
    ));
    Ok(())
}

/// Whoever reads the file meanwhile sees the old component or the new one.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    std::fs::write(&fresh, bytes)?;
    std::fs::rename(&fresh, path)
}
