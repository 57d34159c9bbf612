//! Compiled components in memory: those that were used last, within a budget.
//!
//! Code is a private copy in memory and not a mapping of the cache's file: it was proved with the host's key, and
//! a file can be changed afterwards by whoever may write to it. So it counts, and a host with many components keeps
//! those that have work. Taking code from the cache costs a job about as long as the job itself.
//!
//! Code that jobs hold stays, because it would be in memory anyway, and counts: so all code together takes what the budget says,
//! or what the jobs of the moment need if that is more.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::{Component, Digest, Error};

/// Compiled code that is kept in memory by default, in bytes.
pub const LOADED_BYTES_MAX: u64 = 512 << 20;

/// Compiled components in memory.
#[derive(Debug)]
pub(crate) struct Loaded {
    bytes_max: u64,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    by_digest: HashMap<Digest, Entry>,
    /// What all of them take.
    bytes: u64,
    /// Grows with every use.
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    code: Code,
    used_at: u64,
}

#[derive(Debug)]
enum Code {
    There(Component),
    Coming(watch::Receiver<Progress>),
}

/// What there is of a component that somebody asks for.
pub(crate) enum Found {
    There(Component),
    /// Somebody fetches it: others wait for the same.
    Coming(Coming),
    /// The caller has to fetch it, and to tell the others how that goes.
    Nothing(Fetching, Coming),
}

/// Code that somebody fetches, as those see it who wait for it.
pub(crate) struct Coming(watch::Receiver<Progress>);

/// The same, as whoever fetches it sees it. Dropped without a result, it leaves the component to the next who asks.
pub(crate) struct Fetching {
    loaded: Arc<Loaded>,
    digest: Digest,
    progress: watch::Sender<Progress>,
    has_ended: bool,
}

#[derive(Clone, Debug)]
enum Progress {
    At(LoadStage),
    Ended(Result<Component, Arc<Error>>),
}

/// What loading a component waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadStage {
    /// Others are loaded, or are loaded and not used yet.
    Others,
    /// Its compiled code is looked for on disk.
    Cache,
    /// Its bytes are read from where components are stored.
    Bytes,
    /// Others are compiled before it.
    Turn,
    /// It is compiled.
    Compiler,
}

impl fmt::Display for LoadStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Others => "other components are loaded before it",
            Self::Cache => "the cache of compiled code is being read",
            Self::Bytes => "the store has not given its bytes yet",
            Self::Turn => "other components are compiled before it",
            Self::Compiler => "it is still being compiled",
        })
    }
}

impl Coming {
    /// The code, or why it does not come, once that is known.
    pub(crate) async fn within(mut self, patience: Duration) -> Result<Component, Arc<Error>> {
        let ended = async {
            let progress = self.0.wait_for(|progress| matches!(progress, Progress::Ended(_))).await;
            progress.map(|progress| progress.clone())
        };
        match tokio::time::timeout(patience, ended).await {
            Ok(Ok(Progress::Ended(result))) => return result,
            Ok(_) => return Err(Arc::new(Error::Interrupted)),
            Err(_elapsed) => {}
        }
        let progress = self.0.borrow().clone();
        match progress {
            Progress::At(stage) => Err(Arc::new(Error::NotLoadedYet { patience, stage })),
            Progress::Ended(result) => result,
        }
    }
}

impl Fetching {
    /// Tells those who wait how far it is.
    pub(crate) fn at(&self, stage: LoadStage) {
        self.progress.send_replace(Progress::At(stage));
    }

    /// Tells those who wait how it has ended. What was not used for the longest time goes for the new code.
    pub(crate) fn end(mut self, result: Result<Component, Error>) {
        let result = result.map_err(Arc::new);
        match &result {
            Ok(component) => {
                // The turn is that of those who wait.
                self.loaded.take_in(component.clone().without_turn());
            }
            Err(_) => self.loaded.give_up(&self.digest),
        }
        self.has_ended = true;
        self.progress.send_replace(Progress::Ended(result));
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        // What is there under the digest after its end is another's.
        if !self.has_ended {
            self.loaded.give_up(&self.digest);
        }
    }
}

impl Loaded {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self { bytes_max, entries: Mutex::default() }
    }

    /// What there is of a component, which counts as a use of it.
    pub(crate) fn find(self: &Arc<Self>, digest: &Digest) -> Found {
        // Dropped after the lock is given back.
        let _unloaded;
        let mut entries = self.entries();
        if entries.bytes > self.bytes_max {
            // Jobs have held more than there is room for; some may have ended.
            _unloaded = entries.shrink(self.bytes_max, digest);
        }
        let used_at = entries.tick();
        if let Some(entry) = entries.by_digest.get_mut(digest) {
            entry.used_at = used_at;
            return match &entry.code {
                Code::There(component) => Found::There(component.clone()),
                Code::Coming(progress) => Found::Coming(Coming(progress.clone())),
            };
        }
        let (progress, coming) = watch::channel(Progress::At(LoadStage::Others));
        entries.by_digest.insert(*digest, Entry { code: Code::Coming(coming.clone()), used_at });
        Found::Nothing(
            Fetching { loaded: Arc::clone(self), digest: *digest, progress, has_ended: false },
            Coming(coming),
        )
    }

    /// Keeps code that nobody has asked for yet, as long as that makes nobody's go.
    pub(crate) fn offer(&self, component: &Component) {
        let mut entries = self.entries();
        if self.bytes_left(&entries) >= component.code_bytes()
            && !entries.by_digest.contains_key(component.digest())
        {
            entries.insert(component.clone());
        }
    }

    /// Whether code can come without other code having to go.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes_left(&self.entries()) > 0
    }

    /// What is loaded, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.entries().bytes
    }

    /// Room for what nobody has asked for: half of the budget is left to what jobs ask for.
    fn bytes_left(&self, entries: &Entries) -> u64 {
        (self.bytes_max / 2).saturating_sub(entries.bytes)
    }

    fn take_in(&self, component: Component) {
        let digest = *component.digest();
        let mut entries = self.entries();
        entries.insert(component);
        let unloaded = entries.shrink(self.bytes_max, &digest);
        drop(entries);
        // Giving memory back takes a while, and others need not wait for it.
        drop(unloaded);
    }

    /// Takes out what has not come.
    fn give_up(&self, digest: &Digest) {
        let mut entries = self.entries();
        if entries.by_digest.get(digest).is_some_and(|entry| matches!(entry.code, Code::Coming(_))) {
            entries.by_digest.remove(digest);
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn insert(&mut self, component: Component) {
        let (digest, used_at) = (*component.digest(), self.tick());
        self.bytes += component.code_bytes();
        let before = self.by_digest.insert(digest, Entry { code: Code::There(component), used_at });
        self.bytes -= before.map_or(0, |before| before.code.bytes());
    }

    /// Takes out what was not used for the longest time, other than `spared`, until the rest fits.
    fn shrink(&mut self, bytes_max: u64, spared: &Digest) -> Vec<Entry> {
        let mut unloaded = Vec::new();
        while self.bytes > bytes_max
            && let Some(entry) = self.remove_oldest(spared)
        {
            unloaded.push(entry);
        }
        unloaded
    }

    /// The one that was not used for the longest time, other than `spared`. What jobs hold would not go by that,
    /// and what is still to come takes nothing.
    fn remove_oldest(&mut self, spared: &Digest) -> Option<Entry> {
        let can_go = |(digest, entry): &(&Digest, &Entry)| match &entry.code {
            Code::There(component) => *digest != spared && !component.is_held(),
            Code::Coming(_) => false,
        };
        let oldest = self.by_digest.iter().filter(can_go).min_by_key(|(_, entry)| entry.used_at);
        let digest = oldest.map(|(digest, _)| *digest)?;
        let entry = self.by_digest.remove(&digest)?;
        self.bytes -= entry.code.bytes();
        Some(entry)
    }
}

impl Code {
    fn bytes(&self) -> u64 {
        match self {
            Self::There(component) => component.code_bytes(),
            Self::Coming(_) => 0,
        }
    }
}
