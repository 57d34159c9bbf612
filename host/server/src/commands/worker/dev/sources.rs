//! The files that a worker is built from: whatever git does not ignore.
//!
//! The system says that something may have changed; whether something has, the files themselves say. So a build that
//! writes the same file again does not begin the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use ignore::{Walk, WalkBuilder};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

/// Files that are watched.
const FILES_MAX: usize = 50_000;

/// A folder that is watched.
pub(super) struct Sources {
    folder: PathBuf,
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    /// Gets a hint for each thing that happens in a watched folder; one waiting hint is as good as many.
    hints: mpsc::Receiver<()>,
}

/// What the files held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State(BTreeMap<PathBuf, blake3::Hash>);

impl Sources {
    /// Watches a folder.
    pub(super) fn watch(folder: &Path) -> anyhow::Result<Self> {
        let (sender, hints) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |_event: notify::Result<notify::Event>| {
            // A full channel holds the hint already; nobody listens at the end.
            let _ = sender.try_send(());
        })
        .context("the system does not let files be watched")?;
        let watched = BTreeSet::new();
        let mut sources = Self { folder: folder.to_owned(), watcher, watched, hints };
        sources.watch_folders()?;
        Ok(sources)
    }

    /// What the files hold now.
    pub(super) fn state(&self) -> anyhow::Result<State> {
        let mut state = BTreeMap::new();
        for path in self.paths(|kind| kind.is_file())? {
            match fs::read(&path) {
                Ok(content) => {
                    state.insert(path, blake3::hash(&content));
                }
                // Editors put a new file in the place of an old one.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("failed to read {}", path.display()));
                }
            }
        }
        Ok(State(state))
    }

    /// Returns when a file holds something else than it did, and nothing more has happened for a while.
    pub(super) async fn changed_since(&mut self, earlier: State, quiet: Duration) -> anyhow::Result<()> {
        loop {
            // Folders that are new are watched before files are read, so that nothing falls between.
            self.watch_folders()?;
            if self.state()? != earlier {
                return Ok(());
            }
            self.hints.recv().await.context("the system has stopped to watch files")?;
            while let Ok(hint) = tokio::time::timeout(quiet, self.hints.recv()).await {
                hint.context("the system has stopped to watch files")?;
            }
        }
    }

    fn watch_folders(&mut self) -> anyhow::Result<()> {
        let folders: BTreeSet<PathBuf> = self.paths(|kind| kind.is_dir())?.into_iter().collect();
        for gone in self.watched.difference(&folders) {
            // It may have stopped by itself with its folder.
            let _ = self.watcher.unwatch(gone);
        }
        for new in folders.difference(&self.watched) {
            match self.watcher.watch(new, RecursiveMode::NonRecursive) {
                Err(error) if new.exists() => {
                    return Err(error).with_context(|| format!("{} cannot be watched", new.display()));
                }
                _ => {}
            }
        }
        self.watched = folders;
        Ok(())
    }

    fn paths(&self, is_wanted: impl Fn(&fs::FileType) -> bool) -> anyhow::Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for entry in walk(&self.folder) {
            // What has gone since it was listed is not there.
            let Ok(entry) = entry else { continue };
            if entry.file_type().as_ref().is_some_and(&is_wanted) {
                ensure!(
                    paths.len() < FILES_MAX,
                    "{} holds more than {FILES_MAX} files that git does not ignore: name a worker's own folder",
                    self.folder.display()
                );
                paths.push(entry.into_path());
            }
        }
        Ok(paths)
    }
}

/// A folder without what its `.gitignore` leaves out, whether or not it is in a repository.
fn walk(folder: &Path) -> Walk {
    let mut walk = WalkBuilder::new(folder);
    walk.hidden(false).require_git(false).filter_entry(|entry| entry.file_name() != ".git");
    walk.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change that does not come makes the test hang, not fail: nothing in it depends on how fast things go.
    #[tokio::test]
    async fn a_change_is_one_of_what_a_file_holds() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let write = |path: &str, text: &str| fs::write(folder.path().join(path), text);
        write(".gitignore", "/target\n")?;
        write("one", "1")?;
        fs::create_dir(folder.path().join("target"))?;
        let mut sources = Sources::watch(folder.path())?;
        let earlier = sources.state()?;
        assert_eq!(earlier.0.len(), 2);
        // Neither is a change.
        write("target/built", "1")?;
        write("one", "1")?;
        assert_eq!(sources.state()?, earlier);

        write("one", "2")?;
        sources.changed_since(earlier, Duration::ZERO).await?;
        let earlier = sources.state()?;
        fs::create_dir(folder.path().join("new"))?;
        let sources = &mut sources;
        let (changed, written) = tokio::join!(sources.changed_since(earlier, Duration::ZERO), async {
            tokio::task::yield_now().await;
            write("new/two", "2")
        });
        written?;
        changed?;
        let earlier = sources.state()?;
        fs::remove_file(folder.path().join("new/two"))?;
        sources.changed_since(earlier, Duration::ZERO).await?;
        assert_eq!(sources.state()?.0.len(), 2);
        Ok(())
    }
}
