//! A host never panics.

use super::Violation;

/// Looks for panics in what hosts have logged.
pub fn check(log: &str) -> Vec<Violation> {
    let mut lines = log.lines().peekable();
    let mut violations = Vec::new();
    while let Some(line) = lines.next() {
        if line.contains("panicked at") {
            // What it says is on the next line.
            let message = lines.peek().copied().unwrap_or_default();
            violations.push(Violation::Panicked(format!("{line} {message}")));
        }
    }
    violations
}
