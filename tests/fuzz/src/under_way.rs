//! Which cases are under way, in a file: it is there when the process is not any longer.
//!
//! A stack that overflows, or memory that is not given, ends a process at once: nothing can be caught, and nothing written then.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Bytes of the number of a case.
const CASE_BYTES: usize = size_of::<u64>();

/// What stands for no case.
const NONE: u64 = u64::MAX;

/// The file, with a place for the case of each thread.
pub struct UnderWay(File);

impl UnderWay {
    /// A new file at `path`, for so many threads.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path, threads: usize) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let under_way = Self(File::create(path)?);
        (0..threads).try_for_each(|thread| under_way.end(thread))?;
        Ok(under_way)
    }

    /// A thread begins a case.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(&self, thread: usize, case: u64) -> io::Result<()> {
        self.0.write_all_at(&case.to_le_bytes(), (thread * CASE_BYTES) as u64)
    }

    /// A thread is done with its case.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn end(&self, thread: usize) -> io::Result<()> {
        self.begin(thread, NONE)
    }

    /// The cases that a process has left in the file at `path`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn left_in(path: &Path) -> io::Result<Vec<u64>> {
        let bytes = std::fs::read(path)?;
        let cases = bytes.as_chunks::<CASE_BYTES>().0.iter().map(|case| u64::from_le_bytes(*case));
        Ok(cases.filter(|case| *case != NONE).collect())
    }
}
