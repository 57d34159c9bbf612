//! What the vendors were asked, in order.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::{Clock as _, SystemClock};
use tokio::sync::watch;
use types::Timestamp;

/// How many requests are kept. A vendor that cannot note another one answers as for too many requests.
const RECORDS_MAX: usize = 10_000;

/// What one request came to. Amounts are in the currency's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entry {
    /// SendGrid took an e-mail.
    Mail { to: String, subject: String },
    /// Stripe took money.
    Charge { customer: String, amount: u64, currency: String },
    /// Stripe's card issuer said no.
    Declined { customer: String, amount: u64, currency: String, reason: String },
    /// Stripe itself failed.
    Broken { customer: String },
    /// Stripe saw a request again and answered as before.
    Replayed { idempotency_key: String },
    /// HubSpot has a contact as wished.
    Contact { email: String, created: bool },
    /// HubSpot was out of order.
    Unavailable { email: String },
    /// The vendor refused the request as wrong.
    Refused { vendor: &'static str, status: u16, reason: String },
}

/// An entry and when it was made.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// When.
    pub(crate) at: Timestamp,
    /// What.
    pub(crate) entry: Entry,
}

/// The entries of all vendors.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    records: Mutex<Vec<Record>>,
    count: watch::Sender<usize>,
}

/// The ledger has no room for another entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Ledger {
    /// Adds an entry.
    pub(super) fn record(&self, entry: Entry) -> Result<(), Full> {
        let mut records = self.lock();
        if records.len() >= RECORDS_MAX {
            return Err(Full);
        }
        records.push(Record { at: SystemClock.now(), entry });
        self.count.send_replace(records.len());
        Ok(())
    }

    /// All entries from position `from` on.
    pub(crate) fn since(&self, from: usize) -> Vec<Record> {
        self.lock().iter().skip(from).cloned().collect()
    }

    /// Waits for an entry that `wanted` accepts, however long ago it was made.
    pub(crate) async fn wait_for(&self, wanted: impl Fn(&Entry) -> bool) {
        let mut count = self.count.subscribe();
        while !self.lock().iter().any(|record| wanted(&record.entry)) {
            // The sender lives as long as the ledger.
            if count.changed().await.is_err() {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Whose ledger it comes from.
    pub(crate) fn vendor(&self) -> &'static str {
        match self {
            Self::Mail { .. } => super::sendgrid::NAME,
            Self::Charge { .. } | Self::Declined { .. } | Self::Broken { .. } | Self::Replayed { .. } => {
                super::stripe::NAME
            }
            Self::Contact { .. } | Self::Unavailable { .. } => super::hubspot::NAME,
            Self::Refused { vendor, .. } => vendor,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail { to, subject } => write!(f, "mail to {to}: {subject}"),
            Self::Charge { customer, amount, currency } => {
                write!(f, "{} charged to {customer}", Money(*amount, currency))
            }
            Self::Declined { customer, amount, currency, reason } => {
                write!(f, "{} not charged to {customer}: {reason}", Money(*amount, currency))
            }
            Self::Broken { customer } => {
                write!(f, "out of order for {customer}: 500, also when asked again with the same key")
            }
            Self::Replayed { idempotency_key } => {
                write!(f, "request {idempotency_key} again, answered as before")
            }
            Self::Contact { email, created: true } => write!(f, "contact {email} created"),
            Self::Contact { email, created: false } => write!(f, "contact {email} updated"),
            Self::Unavailable { email } => write!(f, "out of order for {email}: 503"),
            Self::Refused { status, reason, .. } => write!(f, "refused with {status}: {reason}"),
        }
    }
}

/// An amount in a currency of a hundred cents.
struct Money<'a>(u64, &'a str);

impl fmt::Display for Money<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} {}", self.0 / 100, self.0 % 100, self.1.to_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(to: &str) -> Entry {
        Entry::Mail { to: to.to_owned(), subject: "Hello".to_owned() }
    }

    #[tokio::test]
    async fn waiting_ends_with_the_entry_that_is_wanted() {
        let ledger = Ledger::default();
        let wait = ledger.wait_for(|entry| *entry == mail("b"));
        let write = async {
            for to in ["a", "b"] {
                tokio::task::yield_now().await;
                assert_eq!(ledger.record(mail(to)), Ok(()));
            }
        };
        tokio::join!(wait, write);
        ledger.wait_for(|entry| *entry == mail("a")).await;
        assert_eq!(ledger.since(1)[0].entry, mail("b"));
    }

    #[test]
    fn a_full_ledger_takes_nothing_more() {
        let ledger = Ledger::default();
        for _ in 0..RECORDS_MAX {
            assert_eq!(ledger.record(mail("a")), Ok(()));
        }
        assert_eq!(ledger.record(mail("a")), Err(Full));
        assert_eq!(ledger.since(0).len(), RECORDS_MAX);
    }

    #[test]
    fn amounts_are_shown_in_the_currency() {
        let charge =
            Entry::Charge { customer: "ada@engine.example".into(), amount: 4905, currency: "eur".into() };
        assert_eq!(charge.to_string(), "49.05 EUR charged to ada@engine.example");
    }
}
