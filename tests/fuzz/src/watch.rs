//! Watches over the cases under way: how long each takes, and how much memory is in use.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A case that takes longer hangs. Far above what the largest text of the corpus takes in a debug build.
pub const CASE_TIME_MAX: Duration = Duration::from_secs(10);

/// Bytes of memory in use by all cases under way.
pub const MEMORY_BYTES_MAX: usize = 1 << 30;

/// A case under way.
struct UnderWay {
    name: String,
    text: String,
    since: Instant,
}

/// The case under way of each thread.
pub struct Watch(Vec<Mutex<Option<UnderWay>>>);

/// Why a case is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has panicked.
    Panic,
    /// It takes too long.
    Hang,
    /// Too much memory is in use.
    Memory,
    /// It ends the process with a signal: its stack overflows, or memory is not given.
    Death {
        /// The signal.
        signal: i32,
    },
    /// It was under way when the process ended, and does not end one by itself.
    UnderWay,
}

impl Watch {
    /// A watch over so many threads.
    pub fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| Mutex::default()).collect())
    }

    /// A thread begins a case.
    pub fn begin(&self, thread: usize, name: String, text: String) {
        self.set(thread, Some(UnderWay { name, text, since: Instant::now() }));
    }

    /// A thread is done with its case.
    pub fn end(&self, thread: usize) {
        self.set(thread, None);
    }

    fn set(&self, thread: usize, case: Option<UnderWay>) {
        *self.0[thread].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = case;
    }

    /// Looks at all cases under way, given the bytes in use. What is wrong is written into `folder`.
    pub fn look(&self, bytes_in_use: usize, folder: &Path) -> Option<String> {
        let too_much = bytes_in_use > MEMORY_BYTES_MAX;
        for case in &self.0 {
            let case = case.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let Some(case) = &*case else { continue };
            let fault = match (too_much, case.since.elapsed() > CASE_TIME_MAX) {
                (true, _) => Fault::Memory,
                (_, true) => Fault::Hang,
                _ => continue,
            };
            return Some(report(fault, &case.name, &case.text, folder));
        }
        None
    }
}

/// Keeps the text of a case, and says what is wrong with it and where it is.
pub fn report(fault: Fault, name: &str, text: &str, folder: &Path) -> String {
    let path = folder.join(format!("{name}.txt"));
    let kept = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
    let what = match fault {
        Fault::Panic => "panics".to_owned(),
        Fault::Hang => format!("takes more than {} s", CASE_TIME_MAX.as_secs()),
        Fault::Memory => format!("runs while more than {} MiB are in use", MEMORY_BYTES_MAX >> 20),
        Fault::Death { signal } => format!("ends the process with signal {signal}"),
        Fault::UnderWay => "was under way when the process ended".to_owned(),
    };
    match kept {
        Ok(()) => format!("{name} {what}: {}", path.display()),
        Err(error) => format!("{name} {what}, and could not be written to {}: {error}", path.display()),
    }
}
