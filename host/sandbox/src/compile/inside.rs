//! The child's side: binds itself, reads a component, writes its code, and ends.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use wasmtime::Engine;

use crate::engine::compiler_config;

/// The exit code of a child that refuses its component; what is wrong with it stands on its output.
pub(super) const REFUSED: i32 = 3;
/// The exit code of a child whose parent is gone.
const ABANDONED: i32 = 4;
/// How far behind the host's threads the system puts a child, and behind those of jobs that compute for long. Not at the very end: a roll-back may wait for its code.
#[cfg(unix)]
const NICENESS: i32 = 10;
/// Files that a child may have open: it opens none but those of the system that tell how many processors there are.
#[cfg(unix)]
const FILES_MAX: u64 = 32;

/// What a child binds itself to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildSettings {
    /// Its address space, in bytes.
    pub memory_bytes: u64,
    /// The time that it may compute, in whole seconds.
    pub cpu_time: Duration,
}

impl ChildSettings {
    /// The settings as a child's program gets them: its last two arguments, two numbers.
    pub fn arguments(&self) -> [OsString; 2] {
        [self.memory_bytes.to_string().into(), whole_seconds(self.cpu_time).to_string().into()]
    }
}

/// Compiles the one component that comes on standard input and writes its code to standard output.
///
/// For a program that does nothing else: the process is bound for good, and ends when its input does.
/// Where the system has no limits for processes, only the parent's patience bounds it.
pub fn compile_inside(settings: &ChildSettings) -> ExitCode {
    match bind(settings).and_then(|()| compile()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Refused(problem)) => {
            // Without a reader there is nobody to tell.
            io::stdout().write_all(problem.as_bytes()).ok();
            ExitCode::from(REFUSED as u8)
        }
        Err(Failure::Io(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    Refused(String),
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn compile() -> Result<(), Failure> {
    let component = read_component()?;
    end_with_input()?;
    // An engine that runs nothing: the host's own reserves address space for all of its jobs.
    let engine = Engine::new(&compiler_config()).map_err(|error| io::Error::other(format!("{error:#}")))?;
    let code =
        engine.precompile_component(&component).map_err(|error| Failure::Refused(format!("{error:#}")))?;
    let mut output = io::stdout().lock();
    output.write_all(&code)?;
    Ok(output.flush()?)
}

/// The component, after its length.
fn read_component() -> io::Result<Vec<u8>> {
    let mut input = io::stdin().lock();
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut component = Vec::new();
    input.take(length).read_to_end(&mut component)?;
    if component.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(component)
}

/// Ends this process when its parent goes, however that happens.
fn end_with_input() -> io::Result<()> {
    std::thread::Builder::new().name("lifeline".to_owned()).spawn(|| {
        // The parent writes nothing more: whatever this gives, nobody waits for the code.
        io::stdin().lock().read_exact(&mut [0]).ok();
        std::process::exit(ABANDONED);
    })?;
    Ok(())
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(unix)]
fn bind(settings: &ChildSettings) -> Result<(), Failure> {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};

    let limit = |resource, current: u64, maximum: u64| {
        let limit = Rlimit { current: Some(current), maximum: Some(maximum) };
        setrlimit(resource, limit).map_err(io::Error::from)
    };
    let seconds = whole_seconds(settings.cpu_time).max(1);
    // The first signal says what it is for; the second, a second later, cannot be ignored.
    limit(Resource::Cpu, seconds, seconds + 1)?;
    limit(Resource::As, settings.memory_bytes, settings.memory_bytes)?;
    limit(Resource::Nofile, FILES_MAX, FILES_MAX)?;
    // It writes no file, and leaves none behind when it dies.
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Core, 0, 0)?;
    nice(NICENESS).map_err(io::Error::from)?;
    // Should memory run out, the system takes it from here and not from the host. Only Linux has this.
    if cfg!(target_os = "linux") {
        std::fs::write("/proc/self/oom_score_adj", "1000").ok();
    }
    Ok(())
}

#[cfg(not(unix))]
fn bind(_: &ChildSettings) -> Result<(), Failure> {
    Ok(())
}
