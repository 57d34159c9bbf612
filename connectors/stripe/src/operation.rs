//! What the model asks for, and Stripe's form for it.

use std::collections::BTreeMap;

use fermata_sdk::{Failure, null_as_default};
use serde::Deserialize;

/// The connector's input.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The key, or the token that stands for it.
    #[serde(rename = "apiKey")]
    pub api_key: String,
    /// What to do.
    #[serde(flatten)]
    pub operation: Operation,
}

/// What to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "operation", rename_all = "camelCase")]
pub enum Operation {
    /// Takes money.
    Charge(Charge),
    /// Gives it back.
    Refund(Refund),
}

/// A payment intent, created and confirmed in one call.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// In the currency's smallest unit, such as cents.
    pub amount: u64,
    /// The three-letter ISO code.
    pub currency: String,
    /// Stripe's id of the payment method.
    pub payment_method: String,
    /// Stripe's id of the customer.
    pub customer: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Where Stripe sends the receipt.
    pub receipt_email: Option<String>,
    /// Whether the customer is not there to confirm anything.
    #[serde(default, deserialize_with = "null_as_default")]
    pub off_session: bool,
    /// Kept by Stripe with the payment.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: BTreeMap<String, String>,
}

/// A refund of a payment intent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// The id that the charge has returned.
    pub payment_intent: String,
    /// In the currency's smallest unit; everything when it is missing.
    pub amount: Option<u64>,
    /// `duplicate`, `fraudulent` or `requested_by_customer`.
    pub reason: Option<String>,
    /// Kept by Stripe with the refund.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: BTreeMap<String, String>,
}

/// The metadata that names the job. A model cannot set it.
const JOB_METADATA: &str = "fermata_job";

/// The fields of a form.
type Form = Vec<(String, String)>;

impl Operation {
    /// Where the form goes.
    pub(crate) fn path(&self) -> &'static str {
        match self {
            Self::Charge(_) => "/v1/payment_intents",
            Self::Refund(_) => "/v1/refunds",
        }
    }

    /// The form, with the job's key in the metadata, by which an operator finds the call in Stripe.
    /// An amount of nothing is a mistake of the model.
    pub(crate) fn to_form(&self, job_key: &str) -> Result<Form, Failure> {
        let amount = match self {
            Self::Charge(charge) => Some(charge.amount),
            Self::Refund(refund) => refund.amount,
        };
        if amount == Some(0) {
            return Err(Failure::new("the `amount` is 0; give it in the currency's smallest unit").retries(0));
        }
        let (mut form, metadata) = match self {
            Self::Charge(charge) => (charge.to_form(), &charge.metadata),
            Self::Refund(refund) => (refund.to_form(), &refund.metadata),
        };
        let own = metadata.iter().filter(|(name, _)| *name != JOB_METADATA);
        form.extend(own.map(|(name, value)| field(&format!("metadata[{name}]"), value)));
        form.push(field(&format!("metadata[{JOB_METADATA}]"), job_key));
        Ok(form)
    }
}

impl Charge {
    fn to_form(&self) -> Form {
        let mut form = vec![
            field("amount", self.amount),
            field("currency", self.currency.to_ascii_lowercase()),
            field("payment_method", &self.payment_method),
            field("confirm", true),
            // A process has no browser to redirect.
            field("automatic_payment_methods[enabled]", true),
            field("automatic_payment_methods[allow_redirects]", "never"),
        ];
        if self.off_session {
            form.push(field("off_session", true));
        }
        push(&mut form, "customer", self.customer.as_ref());
        push(&mut form, "description", self.description.as_ref());
        push(&mut form, "receipt_email", self.receipt_email.as_ref());
        form
    }
}

impl Refund {
    fn to_form(&self) -> Form {
        let mut form = vec![field("payment_intent", &self.payment_intent)];
        push(&mut form, "amount", self.amount);
        push(&mut form, "reason", self.reason.as_ref());
        form
    }
}

fn field(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

fn push(form: &mut Form, name: &str, value: Option<impl ToString>) {
    form.extend(value.map(|value| field(name, value)));
}
