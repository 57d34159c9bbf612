//! The five customers, and how each of their stories has to end.

use super::vendors::{Entry, Outage};

/// The set-up fee in the model, in cents.
const FEE: u64 = 4_900;
const CURRENCY: &str = "eur";

/// The sender of the model's mails.
pub(super) const SENDER: &str = "shop@fermata.example";

/// The end event of the model's reminders.
pub(super) const END_REMINDED: &str = "End_Reminded";

/// Who gets the model's reminders.
const SALES: &str = "sales@fermata.example";

/// A customer who orders.
#[derive(Debug)]
pub(super) struct Customer {
    /// The full name.
    pub(super) name: &'static str,
    /// The e-mail address.
    pub(super) email: &'static str,
    /// The value of the first order, in euros.
    pub(super) order_amount: u32,
    /// Stripe's id of the card.
    pub(super) payment_method: &'static str,
    /// What the human decides, and when.
    pub(super) decision: Decision,
    /// What happens, to follow the name.
    pub(super) story: &'static str,
    /// The end event that the instance has to reach, beside the reminder's.
    pub(super) end: &'static str,
}

/// What the human does with a customer's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Approves it.
    Approve,
    /// Turns it down.
    Reject,
    /// Forgets it, and approves it when the reminder has come.
    ApproveWhenReminded,
}

/// All of them, in the order of their orders.
pub(super) const CUSTOMERS: &[Customer] = &[
    Customer {
        name: "Ada Lovelace",
        email: "ada@analytical.example",
        order_amount: 120,
        payment_method: "pm_card_visa",
        decision: Decision::Approve,
        story: "is approved",
        end: "End_Onboarded",
    },
    Customer {
        name: "Charles Babbage",
        email: "charles@mailinator.com",
        order_amount: 17_000,
        payment_method: "pm_card_visa",
        decision: Decision::Reject,
        story: "is rejected",
        end: "End_Rejected",
    },
    Customer {
        name: "Grace Hopper",
        email: "grace@harbor.example",
        order_amount: 480,
        payment_method: "pm_card_mastercard",
        decision: Decision::ApproveWhenReminded,
        story: "is forgotten until the reminder",
        end: "End_Onboarded",
    },
    Customer {
        name: "Alan Turing",
        email: "alan@bombe.example",
        order_amount: 250,
        payment_method: "pm_card_visa_chargeDeclinedInsufficientFunds",
        decision: Decision::Approve,
        story: "has a card without cover",
        end: "End_CardDeclined",
    },
    Customer {
        name: "Hedy Lamarr",
        email: "hedy@frequency.example",
        order_amount: 990,
        payment_method: "pm_card_amex",
        decision: Decision::Approve,
        story: "meets a CRM that is out of order",
        end: "End_Onboarded",
    },
];

/// When the CRM is out of order: when the last customer comes.
/// The first time it does not say how long to wait, as happens when it is a proxy that answers.
pub(super) const OUTAGE: Outage =
    Outage { email: "hedy@frequency.example", calls_retry_after_s: &[None, Some(2)] };

/// One more customer, for whoever wants to decide himself.
pub(super) const YOURS: Customer = Customer {
    name: "Joan Clarke",
    email: "joan@bombe.example",
    order_amount: 75,
    payment_method: "pm_card_visa",
    decision: Decision::Approve,
    story: "waits for you",
    end: "End_Onboarded",
};

impl Customer {
    /// The variables of the customer's instance.
    pub(super) fn variables(&self) -> serde_json::Value {
        serde_json::json!({
            "customerName": self.name,
            "customerEmail": self.email,
            "orderAmount": self.order_amount,
            "paymentMethod": self.payment_method,
        })
    }

    /// What the vendors are asked for this customer, each once.
    ///
    /// Whether a reminder comes is a matter of time for those about whom the human decides at once:
    /// on a machine that has much else to do, even that can take longer than the model allows.
    pub(super) fn expected_entries(&self, reminded: bool) -> Vec<Entry> {
        let mut entries = Vec::new();
        if reminded {
            entries.push(mail(SALES, format!("Please decide: {} is waiting", self.name)));
        }
        if self.decision == Decision::Reject {
            entries.push(mail(self.email, "About your order"));
            return entries;
        }
        let (customer, currency) = (self.email.to_owned(), CURRENCY.to_owned());
        if self.payment_method.contains("Declined") {
            let reason = "insufficient_funds".to_owned();
            entries.push(Entry::Declined { customer, amount: FEE, currency, reason });
            entries.push(mail(self.email, "Your card was declined"));
            return entries;
        }
        entries.push(Entry::Charge { customer, amount: FEE, currency });
        if self.email == OUTAGE.email {
            let unavailable = || Entry::Unavailable { email: self.email.to_owned() };
            entries.extend(OUTAGE.calls_retry_after_s.iter().map(|_| unavailable()));
        }
        entries.push(Entry::Contact { email: self.email.to_owned(), created: true });
        entries.push(mail(self.email, format!("Welcome, {}", self.name)));
        entries
    }

    /// Whether the reminder has to come.
    pub(super) fn has_to_be_reminded(&self) -> bool {
        self.decision == Decision::ApproveWhenReminded
    }

    /// Whether an entry is the reminder that this customer waits.
    pub(super) fn is_reminder(&self, entry: &Entry) -> bool {
        matches!(entry, Entry::Mail { to, subject } if to == SALES && subject.contains(self.name))
    }
}

fn mail(to: &str, subject: impl Into<String>) -> Entry {
    Entry::Mail { to: to.to_owned(), subject: subject.into() }
}
