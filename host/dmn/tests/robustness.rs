//! No text makes the reader or the evaluation panic, run away, or point outside of the text.

mod common;

use std::fs;
use std::panic::catch_unwind;

use anyhow::{Result, ensure};
use common::{Variables, context, models};
use fermata_dmn::{Options, Parsed, load, parse};

fn accepted_models() -> Result<Vec<String>> {
    Ok(models("accept")?.iter().map(fs::read_to_string).collect::<Result<_, _>>()?)
}

/// Reads `source` on both occasions, looks up and prints each finding, and makes every decision.
fn survives(source: &str, what: &str) -> Result<Parsed> {
    let read = catch_unwind(|| {
        let parsed = parse(source, &Options::new("hostile.dmn"));
        let loaded = load(source, &Options::new("hostile.dmn"));
        for found in parsed.diagnostics.iter().chain(&loaded.diagnostics) {
            drop(found.render(source));
        }
        let variables =
            Variables::of(r#"{"amount": 7, "items": [1, 2], "limit": 2, "month": 1, "guestCount": 4}"#);
        for model in parsed.model.iter().chain(&loaded.model) {
            for decision in model.decisions() {
                let mut context = context();
                context.limits.steps_max = 20_000;
                let variables = variables.as_ref().map_err(ToString::to_string)?;
                drop(model.evaluate(decision.id(), variables, &context));
            }
        }
        Ok::<_, String>(parsed)
    });
    let Ok(Ok(parsed)) = read else { anyhow::bail!("{what} panics:\n{source}") };
    ensure!(
        parsed.diagnostics.iter().all(|found| source.get(found.span.clone()).is_some()),
        "{what} points outside:\n{source}"
    );
    ensure!(parsed.model.is_none() == parsed.has_errors(), "{what} has errors and a model, or neither");
    Ok(parsed)
}

/// A small generator: the same seed gives the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[test]
fn truncated_models_are_refused() -> Result<()> {
    for source in accepted_models()? {
        let root_end = source.rfind("definitions>").unwrap_or(source.len());
        for (end, _) in source.char_indices().take_while(|(end, _)| *end < root_end) {
            let parsed = parse(&source[..end], &Options::new("cut.dmn"));
            ensure!(parsed.has_errors(), "the first {end} bytes are accepted:\n{source}");
        }
    }
    Ok(())
}

#[test]
fn models_with_changed_bytes_do_no_harm() -> Result<()> {
    const BYTES: &[u8] = b"<>/&\"'= \n;#{}[]().,-+0aZ:!?\\\xc3\xa9\x00";
    const ROUNDS: u64 = 60;
    let (mut accepted, mut refused) = (0, 0);
    for source in accepted_models()? {
        for seed in 1..=ROUNDS {
            let mut random = Random(seed);
            let mut bytes = source.clone().into_bytes();
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] = BYTES[random.below(BYTES.len())];
            }
            let parsed = survives(&String::from_utf8_lossy(&bytes), &format!("seed {seed}"))?;
            if parsed.has_errors() { refused += 1 } else { accepted += 1 }
        }
    }
    ensure!(
        accepted > 50 && refused > 50,
        "{accepted} accepted, {refused} refused: the changes are one-sided"
    );
    Ok(())
}

/// Exchanges two of the parts of `source` that lie between `before` and `after`.
fn exchanged(source: &str, separators: &[char], seed: u64) -> String {
    let parts: Vec<&str> = source.split_inclusive(separators).collect();
    let mut random = Random(seed);
    let mut changed = parts.clone();
    changed[random.below(parts.len())] = parts[random.below(parts.len())];
    changed.concat()
}

#[test]
fn models_with_exchanged_values_do_no_harm() -> Result<()> {
    const ROUNDS: u64 = 60;
    let (mut accepted, mut refused) = (0, 0);
    for source in accepted_models()? {
        // Every second part between quotes is an attribute's value, but for quotes in texts.
        let parts: Vec<&str> = source.split('"').collect();
        for seed in 1..=ROUNDS {
            let mut random = Random(seed);
            let mut changed = parts.clone();
            let mut value = || 2 * random.below(parts.len() / 2) + 1;
            changed[value()] = parts[value()];
            for source in [changed.join("\""), exchanged(&source, &['>'], seed)] {
                let parsed = survives(&source, &format!("seed {seed}"))?;
                if parsed.has_errors() { refused += 1 } else { accepted += 1 }
            }
        }
    }
    ensure!(
        accepted > 50 && refused > 50,
        "{accepted} accepted, {refused} refused: the changes are one-sided"
    );
    Ok(())
}
