//! What the demo tells at its end: the timelines, the money, the mails, the verdict.

use console::style;

use super::model::Model;
use super::screen::Screen;
use super::timeline::{self, Scale};
use super::vendors::{Entry, Record};
use super::verdict::{self, Ending};

/// Prints the report. Whether everything was as it has to be.
pub(super) fn print(screen: &Screen, model: &Model, endings: &[Ending], records: &[Record]) -> bool {
    timelines(screen, model, endings);
    let entries: Vec<Entry> = records.iter().map(|record| record.entry.clone()).collect();
    list(screen, "Charges, in the books of Stripe", &entries, |entry| {
        matches!(
            entry,
            Entry::Charge { .. } | Entry::Declined { .. } | Entry::Broken { .. } | Entry::Replayed { .. }
        )
    });
    list(screen, "Contacts, in the books of HubSpot", &entries, |entry| {
        matches!(entry, Entry::Contact { .. } | Entry::Unavailable { .. })
    });
    list(screen, "E-mails, in the books of SendGrid", &entries, |entry| matches!(entry, Entry::Mail { .. }));
    list(screen, "Refused", &entries, |entry| matches!(entry, Entry::Refused { .. }));
    judge(screen, endings, &entries)
}

fn timelines(screen: &Screen, model: &Model, endings: &[Ending]) {
    let Some(scale) = Scale::of(endings.iter().flat_map(|ending| &ending.steps)) else { return };
    for ending in endings {
        let customer = ending.customer;
        screen.heading(format_args!("{} {}", customer.name, customer.story));
        for row in timeline::rows(&ending.steps, scale, |id| model.name(id).to_owned()) {
            screen.line(format_args!("  {row}"));
        }
    }
}

fn list(screen: &Screen, heading: &str, entries: &[Entry], wanted: impl Fn(&Entry) -> bool) {
    let mut wanted = entries.iter().filter(|entry| wanted(entry)).peekable();
    if wanted.peek().is_some() {
        screen.heading(heading);
        wanted.for_each(|entry| screen.line(format_args!("  {entry}")));
    }
}

fn judge(screen: &Screen, endings: &[Ending], entries: &[Entry]) -> bool {
    let problems = verdict::problems(endings, entries);
    screen.line("");
    for ending in endings.iter().filter(|ending| ending.reminded() && !ending.customer.has_to_be_reminded()) {
        let name = ending.customer.name;
        screen.line(style(format_args!("The machine was busy: {name} was reminded, too.")).dim());
    }
    for problem in &problems {
        screen.line(style(problem).red());
    }
    if problems.is_empty() {
        let count = |wanted: fn(&Entry) -> bool| entries.iter().filter(|entry| wanted(entry)).count();
        screen.line(
            style(format_args!(
                "All {} orders ended as they should: {} charges, {} contacts and {} e-mails, each exactly once.",
                endings.len(),
                count(|entry| matches!(entry, Entry::Charge { .. })),
                count(|entry| matches!(entry, Entry::Contact { .. })),
                count(|entry| matches!(entry, Entry::Mail { .. })),
            ))
            .green()
            .bold(),
        );
    } else {
        screen.line(style("Not everything happened as it should.").red().bold());
    }
    problems.is_empty()
}
