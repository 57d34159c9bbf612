//! What a person sees while the demo runs: a line for every step, and on a terminal one that moves for every instance.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;
use std::time::Duration;

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use types::Timestamp;

/// How often the moving lines move.
const TICK: Duration = Duration::from_millis(100);

/// Where the demo writes: standard output.
///
/// Colours come from `console`, which has none without a terminal or with `NO_COLOR`.
pub(super) struct Screen {
    /// The time of the first deed.
    began: OnceLock<Timestamp>,
    /// Only on a terminal.
    moving: Option<MultiProgress>,
}

/// The moving line of one instance until it is dropped; nothing when the output is no terminal.
pub(super) struct MovingLine(Option<ProgressBar>);

impl Screen {
    /// An empty screen.
    pub(super) fn new() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let moving = is_terminal.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stdout()));
        Self { began: OnceLock::new(), moving }
    }

    /// Writes a line.
    pub(super) fn line(&self, text: impl fmt::Display) {
        // Output that cannot be written has no reader who would miss it.
        let write = || drop(writeln!(io::stdout(), "{text}"));
        match &self.moving {
            Some(moving) => moving.suspend(write),
            None => write(),
        }
    }

    /// Writes a heading with an empty line before it.
    pub(super) fn heading(&self, text: impl fmt::Display) {
        self.line("");
        self.line(style(text).bold());
    }

    /// Writes what somebody did, with the time since the first deed.
    pub(super) fn story(&self, at: Timestamp, who: &str, sign: impl fmt::Display, what: impl fmt::Display) {
        let seconds = at.since(*self.began.get_or_init(|| at)).as_secs_f64();
        self.line(format_args!("{} {who:<16} {sign} {what}", style(format_args!("{seconds:6.1} s")).dim()));
    }

    /// A moving line below all others.
    pub(super) fn moving_line(&self, label: &str) -> MovingLine {
        MovingLine(self.moving.as_ref().map(|moving| {
            let look =
                ProgressStyle::with_template("       {spinner:.cyan} {prefix:<16} {msg} {elapsed:.dim}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let line = moving.add(ProgressBar::new_spinner().with_style(look).with_prefix(label.to_owned()));
            line.enable_steady_tick(TICK);
            line
        }))
    }
}

impl MovingLine {
    /// Says what the instance is doing from now on.
    pub(super) fn say(&self, text: impl Into<String>) {
        if let Some(line) = &self.0 {
            line.reset_elapsed();
            line.set_message(text.into());
        }
    }
}

impl Drop for MovingLine {
    fn drop(&mut self) {
        if let Some(line) = &self.0 {
            line.finish_and_clear();
        }
    }
}
