//! Runs mutated texts on all cores, and says what has come of them.

mod supervise;

use std::alloc::System;
use std::hint::black_box;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use cap::Cap;
use clap::Parser;
use fastrand::Rng;
use fermata_fuzz::target::{Outcome, Target};
use fermata_fuzz::under_way::UnderWay;
use fermata_fuzz::watch::{Fault, Watch, report};
use fermata_fuzz::{corpus, mutate};
use indicatif::{ProgressBar, ProgressStyle};

/// Counts the bytes in use.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// How often the watch looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

const EXAMPLES: &str = "\
Examples:
  fermata-fuzz                           a minute for each target
  fermata-fuzz bpmn dmn --seconds 600    two of them, longer
  fermata-fuzz feel --case 4711          one case again, printed";

/// Fuzzes what reads text from outside.
#[derive(Parser)]
#[command(name = "fermata-fuzz", after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    /// Only these targets: feel, unary-tests, dmn, bpmn
    targets: Vec<Target>,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Another seed gives other cases
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run this case only, and print its text
    #[arg(long)]
    case: Option<u64>,
    /// Cases at the same time; all cores unless told otherwise
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Where texts that are found go
    #[arg(long, default_value = "target/fuzz")]
    found: PathBuf,
    /// Runs the cases in this process: what ends it is found by the one that has begun it
    #[arg(long, hide = true)]
    in_child: bool,
    /// Lets this case overflow the stack, to see that it is found
    #[arg(long, hide = true)]
    planted: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let targets = if arguments.targets.is_empty() { Target::ALL.to_vec() } else { arguments.targets.clone() };
    let mut is_clean = true;
    for target in targets {
        let result = match arguments.case {
            Some(case) => run_one(target, &arguments, case).map(|()| true),
            None if arguments.in_child => run_many(target, &arguments),
            None => supervise::supervise(target, &arguments),
        };
        match result {
            Ok(clean) => is_clean &= clean,
            Err(error) => {
                eprintln!("error: {error:#}");
                return ExitCode::FAILURE;
            }
        }
    }
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn text_of(corpus: &[String], seed: u64, case: u64) -> String {
    mutate::mutate(corpus, &mut Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ case))
}

fn name_of(target: Target, seed: u64, case: u64) -> String {
    format!("{}-{seed}-{case}", target.name())
}

fn under_way_path(found: &Path, target: Target, seed: u64) -> PathBuf {
    found.join(format!("{}-{seed}.under-way", target.name()))
}

fn run_one(target: Target, arguments: &Arguments, case: u64) -> anyhow::Result<()> {
    let text = text_of(&corpus::read(target)?, arguments.seed, case);
    println!("{text}");
    // On a thread, as in a run of many: the stack of the first one is larger.
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| run_case(target, &text, arguments.planted == Some(case))).join()
    });
    println!("{:?}", outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
    Ok(())
}

fn run_case(target: Target, text: &str, is_planted: bool) -> Outcome {
    if is_planted {
        println!("{}", overflow(0));
    }
    target.run(text)
}

/// What a reader does whose depth has no limit.
fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(depth) == u64::MAX { 0 } else { overflow(depth + 1) + frame[0] }
}

/// What all threads share.
struct Shared<'a> {
    target: Target,
    seed: u64,
    corpus: &'a [String],
    found: &'a Path,
    watch: Watch,
    under_way: UnderWay,
    planted: Option<u64>,
    next: AtomicU64,
    accepted: AtomicU64,
    panics: Mutex<Vec<String>>,
    done: AtomicBool,
}

/// Whether nothing was found.
fn run_many(target: Target, arguments: &Arguments) -> anyhow::Result<bool> {
    let corpus = corpus::read(target)?;
    let threads = match arguments.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().context("number of cores")?,
    };
    let under_way_path = under_way_path(&arguments.found, target, arguments.seed);
    let under_way = UnderWay::create(&under_way_path, threads.get())
        .with_context(|| format!("writing {}", under_way_path.display()))?;
    let shared = Shared {
        target,
        seed: arguments.seed,
        corpus: &corpus,
        found: &arguments.found,
        watch: Watch::new(threads.get()),
        under_way,
        planted: arguments.planted,
        next: AtomicU64::new(0),
        accepted: AtomicU64::new(0),
        panics: Mutex::default(),
        done: AtomicBool::new(false),
    };
    let style = ProgressStyle::with_template("{prefix:>12} {wide_bar} {msg} {eta}")?;
    let bar = ProgressBar::new(arguments.seconds * 1_000).with_style(style).with_prefix(target.name());
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads.get() {
            let shared = &shared;
            scope.spawn(move || shared.work(thread));
        }
        let end = Duration::from_secs(arguments.seconds);
        while begin.elapsed() < end {
            std::thread::sleep(LOOK_EVERY);
            if let Some(found) = shared.watch.look(ALLOCATOR.allocated(), shared.found) {
                bar.abandon();
                println!("{found}");
                // Nothing can stop the thread that runs on, or give back its memory.
                std::process::exit(1);
            }
            bar.set_position(begin.elapsed().as_millis() as u64);
            bar.set_message(format!("{} cases", shared.next.load(Ordering::Relaxed)));
        }
        shared.done.store(true, Ordering::Relaxed);
    });
    bar.finish_and_clear();
    let panics = shared.panics.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    panics.iter().for_each(|found| println!("{found}"));
    println!(
        "{}: {} cases in {:.0} s from {} texts, {} accepted, {} found",
        target.name(),
        shared.next.into_inner(),
        begin.elapsed().as_secs_f64(),
        corpus.len(),
        shared.accepted.into_inner(),
        panics.len()
    );
    Ok(panics.is_empty())
}

impl Shared<'_> {
    fn work(&self, thread: usize) {
        while !self.done.load(Ordering::Relaxed) {
            let case = self.next.fetch_add(1, Ordering::Relaxed);
            let text = text_of(self.corpus, self.seed, case);
            let name = name_of(self.target, self.seed, case);
            // Without it a case that ends the process is not found, and the run goes on all the same.
            let _ = self.under_way.begin(thread, case);
            self.watch.begin(thread, name.clone(), text.clone());
            let is_planted = self.planted == Some(case);
            match catch_unwind(AssertUnwindSafe(|| run_case(self.target, &text, is_planted))) {
                Ok(Outcome::Accepted) => drop(self.accepted.fetch_add(1, Ordering::Relaxed)),
                Ok(Outcome::Refused) => {}
                Err(_) => {
                    let mut panics = self.panics.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    panics.push(report(Fault::Panic, &name, &text, self.found));
                }
            }
            self.watch.end(thread);
            let _ = self.under_way.end(thread);
        }
    }
}
