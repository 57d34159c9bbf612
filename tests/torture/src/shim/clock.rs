//! A clock that jumps: see `clock.c`.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::{compile, loading};

/// The time of day of a host, moved against the machine's.
#[derive(Debug)]
pub(crate) struct Clock {
    library: PathBuf,
    offset_file: PathBuf,
    offset_ms: i64,
    latest_ms: i64,
}

impl Clock {
    /// A clock that is right, with its files in `folder`.
    pub(crate) fn new(folder: &Path) -> anyhow::Result<Self> {
        let offset_file = folder.join("clock-offset");
        std::fs::write(&offset_file, 0_i64.to_ne_bytes())?;
        let library = compile("clock", include_str!("clock.c"), folder)?;
        Ok(Self { library, offset_file, offset_ms: 0, latest_ms: 0 })
    }

    /// The environment of a host that has this clock.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![loading(&self.library), ("FERMATA_CLOCK_OFFSET", self.offset_file.clone().into())]
    }

    /// Moves the clock, also of hosts that run.
    pub(crate) fn jump(&mut self, by_ms: i64) -> anyhow::Result<()> {
        self.offset_ms += by_ms;
        self.latest_ms = self.latest_ms.max(self.offset_ms);
        let file = File::options().write(true).open(&self.offset_file)?;
        file.write_all_at(&(self.offset_ms * 1_000_000).to_ne_bytes(), 0)?;
        Ok(())
    }

    /// Moves the clock to where it is ahead of all that it has ever shown.
    pub(crate) fn jump_to_latest(&mut self) -> anyhow::Result<()> {
        self.jump(self.latest_ms - self.offset_ms)
    }
}
