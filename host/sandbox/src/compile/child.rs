//! The parent's side: starts the child, feeds it, and tells what it has died of.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};

use super::inside::REFUSED;
use super::{ChildCompiler, ChildSettings, CompileLimit};
use crate::Error;
use crate::text::shortened;

/// The code of one component, in bytes.
const CODE_BYTES_MAX: u64 = 512 << 20;
/// Threads of a child that compile. Each takes address space for its stack and its part of the heap,
/// and processors that jobs could have.
const THREADS_MAX: usize = 4;
/// A child that had less than this part of one processor was kept from its work.
const STARVED_BELOW: u32 = 4;
/// What is kept of a child's last words, in bytes.
const WORDS_BYTES_MAX: u64 = 4 << 10;

/// What a child has left behind.
struct Remains {
    status: ExitStatus,
    output: Vec<u8>,
    /// Its standard error, or the beginning of it.
    words: String,
}

impl ChildCompiler {
    /// Lets a child compile. It is killed when the future is dropped, and ends by itself when this process does:
    /// its input, which stays open until then, ends.
    pub(super) async fn compile(&self, component: Bytes) -> Result<Vec<u8>, Error> {
        let mut child = self.start().map_err(Error::CompilerStart)?;
        let waited = tokio::time::timeout(self.limits.wall_time, attend(&mut child, &component)).await;
        match waited {
            Ok(remains) => self.read(remains.map_err(Error::CompilerStart)?),
            Err(_) => {
                let computed = child.id().and_then(computed);
                // An error means that it has ended by itself meanwhile.
                child.kill().await.ok();
                Err(out_of_time(self.limits.wall_time, computed))
            }
        }
    }

    fn start(&self) -> std::io::Result<Child> {
        let settings =
            ChildSettings { memory_bytes: self.limits.memory_bytes, cpu_time: self.limits.cpu_time };
        Command::new(&self.program)
            .args(&self.arguments)
            .args(settings.arguments())
            // The environment of a host may hold its secrets.
            .env_clear()
            // The host's allocator takes address space by the gigabyte, which would count.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .env("RAYON_NUM_THREADS", threads().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    fn read(&self, remains: Remains) -> Result<Vec<u8>, Error> {
        let Remains { status, output, words } = remains;
        if output.len() as u64 > CODE_BYTES_MAX {
            return Err(Error::CompileLimit(CompileLimit::CodeBytes(CODE_BYTES_MAX)));
        }
        if status.success() {
            return Ok(output);
        }
        if status.code() == Some(REFUSED) {
            return Err(Error::Invalid(String::from_utf8_lossy(&output).into_owned()));
        }
        if was_stopped_by_cpu_time(status) {
            return Err(Error::CompileLimit(CompileLimit::CpuTime(self.limits.cpu_time)));
        }
        if wanted_memory(&words) {
            return Err(Error::CompileLimit(CompileLimit::MemoryBytes(self.limits.memory_bytes)));
        }
        let last = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no words");
        Err(Error::CompilerDied(format!("{status}: {}", shortened(last.to_owned(), 300))))
    }
}

/// Why a child did not end in its time: a component takes much to compile only if it had processors to be compiled on.
fn out_of_time(wall_time: Duration, computed: Option<Duration>) -> Error {
    match computed {
        Some(computed) if computed < wall_time / STARVED_BELOW => {
            Error::CompilerStarved { computed, wall_time }
        }
        _ => Error::CompileLimit(CompileLimit::WallTime(wall_time)),
    }
}

/// What a process has computed so far, where the system tells it.
#[cfg(target_os = "linux")]
fn computed(process: u32) -> Option<Duration> {
    /// Of a second; what Linux tells programs has this unit, whatever the kernel itself counts in.
    const TICKS_PER_SECOND: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(Duration::from_millis(ticks_of(&stat)? * 1_000 / TICKS_PER_SECOND))
}

#[cfg(not(target_os = "linux"))]
fn computed(_: u32) -> Option<Duration> {
    None
}

/// The time in user and in system mode. The program's name, which comes before, may hold anything.
#[cfg(target_os = "linux")]
fn ticks_of(stat: &str) -> Option<u64> {
    /// Fields between the name and the first of the two.
    const FIELDS_BEFORE: usize = 11;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times =
        fields.split_ascii_whitespace().skip(FIELDS_BEFORE).map(|field| field.parse::<u64>().ok());
    Some(times.next()?? + times.next()??)
}

/// As many as there are processors, up to a few.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX)
}

/// Feeds a child and waits for its end.
async fn attend(child: &mut Child, component: &[u8]) -> std::io::Result<Remains> {
    let input = child.stdin.take();
    let (output, words) = (child.stdout.take(), child.stderr.take());
    let feed = async {
        let mut input = input?;
        // A child that is dead already does not take it; its status tells why.
        write(&mut input, component).await.ok();
        Some(input)
    };
    let (input, output, words) =
        tokio::join!(feed, read(output, CODE_BYTES_MAX + 1), read(words, WORDS_BYTES_MAX));
    let status = child.wait().await?;
    drop(input);
    Ok(Remains { status, output: output?, words: String::from_utf8_lossy(&words?).into_owned() })
}

/// The length goes first, because the end of the input means something else.
async fn write(input: &mut ChildStdin, component: &[u8]) -> std::io::Result<()> {
    input.write_all(&(component.len() as u64).to_le_bytes()).await?;
    input.write_all(component).await?;
    input.flush().await
}

/// Reads so many bytes, and throws the rest away.
async fn read(from: Option<impl AsyncRead + Unpin>, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(mut from) = from else { return Ok(bytes) };
    (&mut from).take(bytes_max).read_to_end(&mut bytes).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(bytes)
}

#[cfg(unix)]
fn was_stopped_by_cpu_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;

    status.signal() == Some(rustix::process::Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn was_stopped_by_cpu_time(_: ExitStatus) -> bool {
    false
}

/// Whether the last words of a child are those of one that was given no more memory.
/// The standard library ends such a process with a signal that means other things too, so the words have to tell.
fn wanted_memory(words: &str) -> bool {
    const OF_THE_ALLOCATOR: &str = "memory allocation of ";
    /// `ENOMEM` of a mapping, `EAGAIN` of a thread's stack.
    const OF_THE_SYSTEM: [&str; 2] = ["Cannot allocate memory", "Resource temporarily unavailable"];
    words.contains(OF_THE_ALLOCATOR) || OF_THE_SYSTEM.iter().any(|text| words.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_blamed_only_for_time_that_it_had() {
        let wall_time = Duration::from_secs(8);
        let starved = out_of_time(wall_time, Some(Duration::from_millis(1_999)));
        assert!(matches!(starved, Error::CompilerStarved { .. }), "{starved}");
        for computed in [Some(Duration::from_secs(2)), Some(Duration::from_secs(30)), None] {
            let slow = out_of_time(wall_time, computed);
            assert!(matches!(slow, Error::CompileLimit(CompileLimit::WallTime(_))), "{slow}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn times_stand_behind_a_name_of_anything() {
        let stat = "77 (a) b (c)) R 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20 0 1 0";
        assert_eq!(ticks_of(stat), Some(150));
        assert_eq!(ticks_of("77 (a) R 1"), None);
        assert!(computed(std::process::id()).is_some());
    }
}
