//! What a scenario has done and found.

use std::fmt;

use crate::check::Violation;

/// Violations that are told one by one.
const TOLD_MAX: usize = 20;

/// What a scenario has done and found.
#[derive(Debug, Default)]
pub struct Report {
    /// How often what was done: a scenario that did nothing proves nothing.
    pub counts: Vec<(&'static str, u64)>,
    /// What must not be.
    pub violations: Vec<Violation>,
    /// Why the scenario was not run.
    pub skipped: Option<String>,
}

impl Report {
    /// Of a scenario that cannot be run here.
    pub(crate) fn skipped(reason: impl fmt::Display) -> Self {
        Self { skipped: Some(reason.to_string()), ..Self::default() }
    }

    /// Adds to a count.
    pub(crate) fn count(&mut self, name: &'static str, more: u64) {
        match self.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += more,
            None => self.counts.push((name, more)),
        }
    }

    /// Adds a violation unless `holds`.
    pub(crate) fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.violations.push(Violation::Expected(what()));
        }
    }

    /// Adds a violation unless something could be done. Gives what has come of it.
    pub(crate) fn done<T>(&mut self, what: &str, result: anyhow::Result<T>) -> Option<T> {
        result.map_err(|error| self.violations.push(Violation::Expected(format!("{what}: {error:#}")))).ok()
    }

    /// Adds what another part of the scenario has done and found.
    pub(crate) fn add(&mut self, other: Self) {
        for (name, count) in other.counts {
            self.count(name, count);
        }
        self.violations.extend(other.violations);
        if self.skipped.is_none() {
            self.skipped = other.skipped;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        write!(f, "{}", counts.join(", "))?;
        if let Some(reason) = &self.skipped {
            write!(f, "{}SKIPPED: {reason}", if counts.is_empty() { "" } else { "; " })?;
        }
        for violation in self.violations.iter().take(TOLD_MAX) {
            write!(f, "\n  VIOLATION: {violation}")?;
        }
        if self.violations.len() > TOLD_MAX {
            write!(f, "\n  and {} more", self.violations.len() - TOLD_MAX)?;
        }
        Ok(())
    }
}
