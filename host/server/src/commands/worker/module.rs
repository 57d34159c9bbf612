//! Core modules, which become components with the WIT packages that they were compiled against.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use manifest::{componentize, is_module};
use wit_parser::{Resolve, WorldId};

/// What a core module was compiled against.
#[derive(clap::Args)]
pub(super) struct Target {
    /// The WIT packages that a core module was compiled against
    #[arg(long, value_name = "DIR")]
    wit: Option<PathBuf>,
    /// Their world
    #[arg(long, value_name = "NAME", default_value = "connector", requires = "wit")]
    world: String,
}

impl Target {
    /// The component of a file's content; one that is a component already stays as it is.
    pub(super) fn component_of(&self, content: Vec<u8>, path: &Path) -> anyhow::Result<Vec<u8>> {
        if !is_module(&content) {
            ensure!(
                self.wit.is_none(),
                "{} is no core module: leave `--wit` out, which says what one was compiled against",
                path.display()
            );
            return Ok(content);
        }
        let world = self.wit.as_deref().map(|folder| self.read(folder)).transpose()?;
        let world = world.as_ref().map(|(resolve, world)| (resolve, *world));
        componentize(&content, world)
            .with_context(|| format!("{} does not become a component", path.display()))
    }

    fn read(&self, folder: &Path) -> anyhow::Result<(Resolve, WorldId)> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve
            .push_path(folder)
            .with_context(|| format!("failed to read WIT packages from {}", folder.display()))?;
        let world = resolve
            .select_world(&[package], Some(&self.world))
            .with_context(|| format!("no world `{}` is in {}", self.world, folder.display()))?;
        Ok((resolve, world))
    }
}
