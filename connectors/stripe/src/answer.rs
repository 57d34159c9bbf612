//! What Stripe answers: an object, a declined card, or an error that is ours or theirs.

use fermata_sdk::http::Response;
use fermata_sdk::{BpmnError, Failure, JobError, context};
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

/// What Stripe calls a payment that the customer must confirm, be it as a code or as a reason of the issuer.
const AUTHENTICATION: &str = "authentication_required";

/// What to do before a call is repeated whose effect is not known.
pub(crate) const LOOK_FIRST: &str = "Look in Stripe for what has the metadata `fermata_job` of this job \
     before you complete the job with it, or cancel it and start again";

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
        "requires_action" | "requires_confirmation" => Err(to_be_confirmed(None, Some(payment.id))),
        "requires_payment_method" => Err(card_error(payment.last_payment_error, Some(payment.id))),
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
        let message = format!("Stripe answered with status {status} and gives no reason");
        return failure(response, response.is_transient(), &message).into();
    };
    let message = error.in_words();
    match (status, error.kind.as_deref(), error.code.as_deref()) {
        (_, Some("card_error"), _) => {
            let payment_intent = error.payment_intent.as_ref().map(|payment| payment.id.clone());
            card_error(Some(error), payment_intent)
        }
        (_, _, Some("charge_already_refunded")) => BpmnError::new(ALREADY_REFUNDED, message).into(),
        (401 | 403, _, _) => response
            .failure(format!("Stripe does not accept the key, or it may not do this: {message}"))
            .into(),
        // Another call with this key is under way, or there are too many calls.
        (409 | 429, _, _) => failure(response, true, &format!("Stripe is busy: {message}")).into(),
        (_, Some("idempotency_error"), _) => Failure::new(format!(
            "Stripe knows this job's key from a call with other parameters: the input of the task was changed \
             since an earlier attempt. {LOOK_FIRST}; Stripe says: {message}"
        ))
        .retries(0)
        .into(),
        _ if response.is_transient() => {
            failure(response, true, &format!("Stripe is out of order, status {status}: {message}")).into()
        }
        _ => {
            let message = format!("Stripe refuses the request, status {status}: {message}");
            failure(response, false, &message).into()
        }
    }
}

/// A failure that is retried when the status is `transient`, unless Stripe knows better.
///
/// Stripe keeps the first answer to a key, also one of status 5xx, and repeats it: then no retry brings another one,
/// and only Stripe itself shows whether the call had its effect.
fn failure(response: &Response, transient: bool, message: &str) -> Failure {
    let is_repeated = response.header("idempotent-replayed") == Some("true");
    let should_retry = match response.header("stripe-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => transient && !is_repeated,
    };
    // With the last attempt it is the operator who decides about a retry.
    let is_last = !should_retry || context::retries_left() == 0;
    let message = if is_last && response.status() >= 500 {
        format!(
            "{message}. The call may have had its effect, and Stripe may repeat this answer to a retry. {LOOK_FIRST}"
        )
    } else {
        message.to_owned()
    };
    if should_retry { response.transient_failure(message) } else { Failure::new(message).retries(0) }
}

/// What the card's issuer said, with all that a process may decide by.
fn card_error(error: Option<StripeError>, payment_intent: Option<String>) -> JobError {
    let is_authentication = |text: &Option<String>| text.as_deref() == Some(AUTHENTICATION);
    if error.as_ref().is_some_and(|e| is_authentication(&e.code) || is_authentication(&e.decline_code)) {
        return to_be_confirmed(error.and_then(|error| error.message), payment_intent);
    }
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

/// The customer must confirm the payment. Off session, Stripe says so by declining it.
fn to_be_confirmed(message: Option<String>, payment_intent: Option<String>) -> JobError {
    let message = message.unwrap_or_else(|| "the customer must confirm the payment with the bank".to_owned());
    BpmnError::new(AUTHENTICATION_REQUIRED, message).variable("paymentIntentId", payment_intent).into()
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
