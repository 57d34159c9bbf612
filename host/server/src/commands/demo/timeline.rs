//! The timeline of an instance: a bar for the time in each element.

use std::fmt::Write as _;

use types::Timestamp;

/// The width of the whole time in letters.
const WIDTH: usize = 40;

/// What fills a letter of a bar, and what stands for a moment.
const FULL: &str = "█";
const MOMENT: &str = "▏";

/// One run through an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The element's id in the model.
    pub(super) element: String,
    /// When it was entered.
    pub(super) entered: Timestamp,
    /// When it was left; `None` while it is active.
    pub(super) left: Option<Timestamp>,
    /// Why attempts at its job failed, in order.
    pub(super) failures: Vec<String>,
    /// The code of the business error that ended it.
    pub(super) error: Option<String>,
}

/// The time that all bars share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    start: Timestamp,
    end: Timestamp,
}

impl Scale {
    /// From the first moment of all steps to the last.
    pub(super) fn of<'s>(steps: impl Iterator<Item = &'s Step> + Clone) -> Option<Self> {
        let start = steps.clone().map(|step| step.entered).min()?;
        let end = steps.map(|step| step.left.unwrap_or(step.entered)).max()?;
        Some(Self { start, end })
    }

    /// A bar as long as the step took, to a whole letter; something shorter than that is a moment.
    fn bar(self, step: &Step) -> String {
        let whole = seconds(self.start, self.end).max(f64::MIN_POSITIVE);
        let letters = |at| seconds(self.start, at) / whole * WIDTH as f64;
        let (from, to) = (letters(step.entered), letters(step.left.unwrap_or(self.end)));
        let first = (from as usize).min(WIDTH - 1);
        let bar = match (to - from).round() as usize {
            0 => MOMENT.to_owned(),
            length => FULL.repeat(length.min(WIDTH - first)),
        };
        " ".repeat(first) + &bar
    }
}

/// The rows of an instance, one for each step.
pub(super) fn rows(steps: &[Step], scale: Scale, name_of: impl Fn(&str) -> String) -> Vec<String> {
    steps.iter().map(|step| row(step, scale, &name_of(&step.element))).collect()
}

fn row(step: &Step, scale: Scale, name: &str) -> String {
    let took = seconds(step.entered, step.left.unwrap_or(scale.end));
    let mut row = format!("{name:<25} {:<WIDTH$} {:>8}", scale.bar(step), in_words(took));
    // Writing to a string never fails.
    let _ = match (&step.error, step.failures.len()) {
        (Some(code), _) => write!(row, "  ended by {code}"),
        (None, 0) => Ok(()),
        (None, failures) => write!(row, "  {} attempts", failures + 1),
    };
    row.trim_end().to_owned()
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.since(from).as_secs_f64()
}

/// `12 ms`, `4.1 s`, nothing for nothing.
fn in_words(seconds: f64) -> String {
    if seconds == 0.0 {
        String::new()
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.1} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from_ms: i64, to_ms: i64) -> Step {
        let at = |ms| Timestamp::from_millis(ms);
        Step {
            element: "Task".to_owned(),
            entered: at(from_ms),
            left: Some(at(to_ms)),
            failures: Vec::new(),
            error: None,
        }
    }

    fn bars(steps: &[Step]) -> Vec<String> {
        let scale = Scale::of(steps.iter()).expect("there are steps");
        steps.iter().map(|step| scale.bar(step)).collect()
    }

    #[test]
    fn bars_stand_where_their_time_is() {
        let bars = bars(&[step(0, 4_000), step(0, 2_000), step(3_900, 4_000), step(1_000, 1_012)]);
        let expected = [FULL.repeat(40), FULL.repeat(20), " ".repeat(39) + FULL, " ".repeat(10) + MOMENT];
        assert_eq!(bars, expected);
    }

    #[test]
    fn a_moment_is_seen_wherever_it_is() {
        for bar in bars(&[step(0, 0), step(4_000, 4_000), step(0, 4_000)]) {
            assert!(!bar.trim().is_empty() && bar.chars().count() <= WIDTH, "{bar:?}");
        }
        assert_eq!(bars(&[step(7, 7)]).len(), 1, "no time at all");
    }

    #[test]
    fn a_row_tells_time_and_trouble() {
        let mut failed = step(0, 4_100);
        failed.failures = vec!["out of order".to_owned(); 2];
        let mut declined = step(4_000, 4_012);
        declined.error = Some("CARD_DECLINED".to_owned());
        let steps = [failed, declined];
        let scale = Scale::of(steps.iter()).expect("there are steps");
        let rows = rows(&steps, scale, |id| format!("<{id}>"));
        assert!(rows[0].starts_with("<Task>  ") && rows[0].ends_with("4.1 s  3 attempts"), "{}", rows[0]);
        assert!(rows[1].ends_with("12 ms  ended by CARD_DECLINED"), "{}", rows[1]);
    }
}
