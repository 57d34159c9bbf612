//! What Stripe answers: an object, a declined card, or an error that is ours or theirs.

use std::time::Duration;

use fermata_sdk::http::Response;
use fermata_sdk::{BpmnError, Failure, JobError};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The card's issuer said no. Another card may do.
const CARD_DECLINED: &str = "CARD_DECLINED";

/// The issuer wants the customer to confirm the payment.
const AUTHENTICATION_REQUIRED: &str = "AUTHENTICATION_REQUIRED";

/// The money went back before.
const ALREADY_REFUNDED: &str = "ALREADY_REFUNDED";

/// The money could not be given back.
const REFUND_FAILED: &str = "REFUND_FAILED";

/// How long to wait when Stripe does not say: another call with this key is under way, or there are too many calls.
const BUSY_WAIT: Duration = Duration::from_secs(2);

/// The fields of a payment intent that a process may need.
#[derive(Deserialize)]
struct PaymentIntent {
    id: String,
    status: String,
    amount: u64,
    currency: String,
    latest_charge: Option<String>,
    last_payment_error: Option<StripeError>,
}

/// The fields of a refund that a process may need.
#[derive(Deserialize)]
struct RefundObject {
    id: String,
    status: Option<String>,
    amount: u64,
    currency: String,
    payment_intent: Option<String>,
    failure_reason: Option<String>,
}

/// The body of every refusal.
#[derive(Deserialize)]
struct Refusal {
    error: StripeError,
}

#[derive(Deserialize)]
struct StripeError {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
    param: Option<String>,
    payment_intent: Option<PaymentIntentId>,
}

#[derive(Deserialize)]
struct PaymentIntentId {
    id: String,
}

/// Maps the answer to a charge.
pub(crate) fn read_charge(response: &Response) -> Result<Map<String, Value>, JobError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let payment: PaymentIntent = response.json()?;
    match payment.status.as_str() {
        "succeeded" | "processing" | "requires_capture" => Ok(variables([
            ("paymentIntentId", payment.id.into()),
            ("status", payment.status.into()),
            ("amount", payment.amount.into()),
            ("currency", payment.currency.into()),
            ("chargeId", payment.latest_charge.into()),
        ])),
        "requires_action" | "requires_confirmation" => Err(BpmnError::new(
            AUTHENTICATION_REQUIRED,
            "the customer must confirm the payment with the bank",
        )
        .variable("paymentIntentId", payment.id)
        .into()),
        "requires_payment_method" => {
            let error = payment.last_payment_error;
            Err(declined(error, Some(payment.id)))
        }
        status => {
            Err(Failure::new(format!("Stripe ended payment {} as `{status}`", payment.id)).retries(0).into())
        }
    }
}

/// Maps the answer to a refund.
pub(crate) fn read_refund(response: &Response) -> Result<Map<String, Value>, JobError> {
    if !response.is_success() {
        return Err(refusal(response));
    }
    let refund: RefundObject = response.json()?;
    if let Some("failed" | "canceled") = refund.status.as_deref() {
        let reason = refund.failure_reason.as_deref().unwrap_or("without a reason");
        return Err(BpmnError::new(REFUND_FAILED, format!("the money could not be given back: {reason}"))
            .variable("refundId", refund.id)
            .variable("failureReason", refund.failure_reason)
            .into());
    }
    Ok(variables([
        ("refundId", refund.id.into()),
        ("status", refund.status.into()),
        ("amount", refund.amount.into()),
        ("currency", refund.currency.into()),
        ("paymentIntentId", refund.payment_intent.into()),
    ]))
}

/// Maps every status that is not a success.
fn refusal(response: &Response) -> JobError {
    let status = response.status();
    let Ok(Refusal { error }) = response.json() else {
        return response.failure(format!("Stripe answered with status {status} and gives no reason")).into();
    };
    let message = error.in_words();
    match (status, error.kind.as_deref(), error.code.as_deref()) {
        (_, Some("card_error"), _) => {
            let payment_intent = error.payment_intent.as_ref().map(|payment| payment.id.clone());
            declined(Some(error), payment_intent)
        }
        (_, _, Some("charge_already_refunded")) => BpmnError::new(ALREADY_REFUNDED, message).into(),
        (401 | 403, _, _) => response
            .failure(format!("Stripe does not accept the key, or it may not do this: {message}"))
            .into(),
        (409 | 429, _, _) => {
            let wait = response.retry_after().unwrap_or(BUSY_WAIT);
            Failure::new(format!("Stripe is busy: {message}")).retry_after(wait).into()
        }
        _ if response.is_transient() => {
            response.failure(format!("Stripe is out of order, status {status}: {message}")).into()
        }
        _ => response.failure(format!("Stripe refuses the request, status {status}: {message}")).into(),
    }
}

/// A declined card with all that a process may decide by.
fn declined(error: Option<StripeError>, payment_intent: Option<String>) -> JobError {
    let message = error.as_ref().and_then(|error| error.message.clone());
    let code = error.as_ref().and_then(|error| error.code.clone());
    let decline_code = error.and_then(|error| error.decline_code);
    BpmnError::new(CARD_DECLINED, message.clone().unwrap_or_else(|| "the card was declined".to_owned()))
        .variable("declineCode", decline_code.or_else(|| code.clone()))
        .variable("errorCode", code)
        .variable("declineMessage", message)
        .variable("paymentIntentId", payment_intent)
        .into()
}

impl StripeError {
    /// The error in one line.
    fn in_words(&self) -> String {
        let message = self.message.as_deref().or(self.code.as_deref()).unwrap_or("it gives no reason");
        match &self.param {
            Some(parameter) => format!("{parameter}: {message}"),
            None => message.to_owned(),
        }
    }
}

fn variables<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
