//! Stripe's `POST /v1/payment_intents`, for payments that are created and confirmed in one call.
//!
//! Documented by Stripe as "Payment Intents", "Errors", "Idempotent requests" and "Test cards".

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::ledger::{Entry, Full, Ledger};
use super::payment::{Form, Payment, Verdict};
use super::server::{Answer, Request, Vendor};

/// The vendor's name.
pub(super) const NAME: &str = "Stripe";

/// The longest `Idempotency-Key`, in bytes.
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// The stand-in.
pub(crate) struct Stripe {
    api_key: String,
    ledger: Arc<Ledger>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    payments: u64,
    /// What was answered to each idempotency key whose request was executed, also when Stripe itself has failed.
    /// Every answer has an entry in the ledger, whose size is bounded.
    answered: BTreeMap<String, Answered>,
}

struct Answered {
    form: Form,
    answer: Answer,
}

impl Stripe {
    /// A stand-in that knows one key.
    pub(super) fn new(api_key: String, ledger: Arc<Ledger>) -> Self {
        Self { api_key, ledger, state: Mutex::default() }
    }

    fn pay(&self, form: Form, idempotency_key: Option<&str>) -> Answer {
        // Held until the answer is known: of two requests with one key the second finds what the first was answered.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = idempotency_key
            && let Some(answered) = state.answered.get(key)
        {
            return self.replay(key, answered, &form);
        }
        // A form that is refused was never executed, and its key stays free.
        let payment = match Payment::read(&form) {
            Ok(payment) => payment,
            Err(invalid) => {
                let reason = format!("{}: {}", invalid.parameter, invalid.message);
                return self.refuse(StatusCode::BAD_REQUEST, &reason, invalid.to_json());
            }
        };
        if let Err(Full) = self.ledger.record(payment.entry()) {
            let body = error("rate_limit_error", "too many requests");
            return Answer::json(StatusCode::TOO_MANY_REQUESTS, body);
        }
        state.payments += 1;
        let answer = payment.answer(state.payments);
        if let Some(key) = idempotency_key {
            state.answered.insert(key.to_owned(), Answered { form, answer: answer.clone() });
        }
        answer
    }

    fn replay(&self, key: &str, answered: &Answered, form: &Form) -> Answer {
        if answered.form != *form {
            let message = "this idempotency key was used with other parameters";
            return self.refuse(StatusCode::BAD_REQUEST, message, error("idempotency_error", message));
        }
        // The answer counts even when there is no room to note it.
        let _ = self.ledger.record(Entry::Replayed { idempotency_key: key.to_owned() });
        answered.answer.clone().header("idempotent-replayed", "true")
    }

    fn refuse(&self, status: StatusCode, reason: &str, body: Value) -> Answer {
        let entry = Entry::Refused { vendor: NAME, status: status.as_u16(), reason: reason.to_owned() };
        // A full ledger refuses all the more.
        let _ = self.ledger.record(entry);
        Answer::json(status, body)
    }

    fn refuse_request(&self, status: StatusCode, message: &str) -> Answer {
        self.refuse(status, message, error("invalid_request_error", message))
    }
}

impl Vendor for Stripe {
    fn answer(&self, request: &Request) -> Answer {
        match request.bearer() {
            Some(key) if key == self.api_key => {}
            Some(_) => return self.refuse_request(StatusCode::UNAUTHORIZED, "this API key is invalid"),
            None => return self.refuse_request(StatusCode::UNAUTHORIZED, "an API key is required"),
        }
        if request.path != "/v1/payment_intents" || request.method != Method::POST {
            let message = format!("the URL {} {} is unknown", request.method, request.path);
            return self.refuse_request(StatusCode::NOT_FOUND, &message);
        }
        if !request.has_content_type("application/x-www-form-urlencoded") {
            let message = "the content type has to be application/x-www-form-urlencoded";
            return self.refuse_request(StatusCode::BAD_REQUEST, message);
        }
        let idempotency_key = request.header("idempotency-key");
        if idempotency_key.is_some_and(|key| key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES_MAX) {
            return self.refuse_request(StatusCode::BAD_REQUEST, "an idempotency key has 1 to 255 bytes");
        }
        let form = form_urlencoded::parse(&request.body).into_owned().collect();
        self.pay(form, idempotency_key)
    }
}

impl Payment {
    fn entry(&self) -> Entry {
        let customer = self.receipt_email.clone().unwrap_or_else(|| "somebody".to_owned());
        let (amount, currency) = (self.amount, self.currency.clone());
        let reason = match self.verdict {
            Verdict::Broken => return Entry::Broken { customer },
            Verdict::Accepted => return Entry::Charge { customer, amount, currency },
            Verdict::AuthenticationRequired => "authentication_required",
            Verdict::Declined { code, decline_code, .. } => decline_code.unwrap_or(code),
        };
        Entry::Declined { customer, amount, currency, reason: reason.to_owned() }
    }

    /// The answer to the payment with this number.
    fn answer(&self, number: u64) -> Answer {
        let id = format!("pi_demo{number:04}");
        let charge = format!("ch_demo{number:04}");
        match self.verdict {
            Verdict::Accepted => Answer::json(StatusCode::OK, self.to_json(&id, "succeeded", Some(&charge))),
            Verdict::Broken => {
                let body = error("api_error", "something went wrong on our end");
                Answer::json(StatusCode::INTERNAL_SERVER_ERROR, body)
            }
            Verdict::AuthenticationRequired => {
                Answer::json(StatusCode::OK, self.to_json(&id, "requires_action", None))
            }
            Verdict::Declined { code, decline_code, message } => {
                let payment = self.to_json(&id, "requires_payment_method", Some(&charge));
                let error = json!({
                    "type": "card_error",
                    "code": code,
                    "decline_code": decline_code,
                    "message": message,
                    "charge": charge,
                    "payment_intent": payment,
                });
                Answer::json(StatusCode::PAYMENT_REQUIRED, json!({ "error": error }))
            }
        }
    }

    fn to_json(&self, id: &str, status: &str, charge: Option<&str>) -> Value {
        let received = if status == "succeeded" { self.amount } else { 0 };
        json!({
            "id": id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_received": received,
            "currency": self.currency,
            "status": status,
            "payment_method": self.payment_method,
            "latest_charge": charge,
            "receipt_email": self.receipt_email,
            "description": self.description,
            "metadata": self.metadata,
            "livemode": false,
        })
    }
}

fn error(kind: &str, message: &str) -> Value {
    json!({ "error": { "type": kind, "message": message } })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::super::server::testing::{post, post_json};
    use super::*;

    const FORM: &str = "amount=4900&currency=eur&confirm=true&receipt_email=ada%40engine.example\
                        &automatic_payment_methods%5Ballow_redirects%5D=never&payment_method=";

    fn stripe() -> Stripe {
        Stripe::new("sk_test_key".into(), Arc::default())
    }

    fn payment(payment_method: &str, idempotency_key: &'static str) -> Request {
        let form = format!("{FORM}{payment_method}");
        let mut request =
            post("/v1/payment_intents", "sk_test_key", "application/x-www-form-urlencoded", form);
        request.headers.insert("idempotency-key", HeaderValue::from_static(idempotency_key));
        request
    }

    fn entries(stripe: &Stripe) -> Vec<Entry> {
        stripe.ledger.since(0).into_iter().map(|record| record.entry).collect()
    }

    #[test]
    fn a_payment_succeeds_and_is_noted() {
        let stripe = stripe();
        let answer = stripe.answer(&payment("pm_card_visa", "k"));
        let body = answer.body.unwrap_or_default();
        assert_eq!((answer.status, &body["status"]), (StatusCode::OK, &json!("succeeded")));
        let customer = "ada@engine.example".to_owned();
        assert_eq!(entries(&stripe), [Entry::Charge { customer, amount: 4900, currency: "eur".into() }]);
    }

    #[test]
    fn a_declined_card_is_a_card_error() {
        let answer = stripe().answer(&payment("pm_card_visa_chargeDeclined", "k"));
        let error = &answer.body.unwrap_or_default()["error"];
        assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
        assert_eq!((&error["type"], &error["code"]), (&json!("card_error"), &json!("card_declined")));
        assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    }

    #[test]
    fn a_repeated_request_is_answered_as_before_and_charges_once() {
        let stripe = stripe();
        for method in ["pm_card_visa", "pm_card_visa_chargeDeclined", "pm_demo_apiError"] {
            let first = stripe.answer(&payment(method, method));
            let second = stripe.answer(&payment(method, method));
            assert_eq!((second.status, &second.body), (first.status, &first.body));
            assert_eq!(second.headers, [("idempotent-replayed", "true".to_owned())]);
        }
        let entries = entries(&stripe);
        assert!(matches!(
            &entries[..],
            [
                Entry::Charge { .. },
                Entry::Replayed { .. },
                Entry::Declined { .. },
                Entry::Replayed { .. },
                Entry::Broken { .. },
                Entry::Replayed { .. }
            ]
        ));
    }

    #[test]
    fn a_failure_of_stripe_itself_stays_with_its_key() {
        let stripe = stripe();
        for key in ["first", "first", "second"] {
            let answer = stripe.answer(&payment("pm_demo_apiError", key));
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(answer.body.unwrap_or_default()["error"]["type"], "api_error");
        }
        assert_eq!(stripe.answer(&payment("pm_card_visa", "third")).status, StatusCode::OK);
    }

    #[test]
    fn a_key_with_other_parameters_is_refused() {
        let stripe = stripe();
        stripe.answer(&payment("pm_card_visa", "k"));
        let answer = stripe.answer(&payment("pm_card_mastercard", "k"));
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.body.unwrap_or_default()["error"]["type"], "idempotency_error");
    }

    #[test]
    fn a_refused_form_leaves_its_key_free() {
        let stripe = stripe();
        let answer = stripe.answer(&payment("pm_none", "k"));
        assert_eq!(answer.body.unwrap_or_default()["error"]["param"], "payment_method");
        assert_eq!(stripe.answer(&payment("pm_card_visa", "k")).status, StatusCode::OK);
    }

    #[test]
    fn a_wrong_key_path_or_type_is_refused() {
        let stripe = stripe();
        let form = "application/x-www-form-urlencoded";
        for (request, status) in [
            (post("/v1/payment_intents", "", form, FORM.into()), StatusCode::UNAUTHORIZED),
            (post("/v1/payment_intents", "sk_other", form, FORM.into()), StatusCode::UNAUTHORIZED),
            (post("/v1/charges", "sk_test_key", form, FORM.into()), StatusCode::NOT_FOUND),
            (post_json("/v1/payment_intents", "sk_test_key", &json!({})), StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(stripe.answer(&request).status, status, "{}", request.path);
        }
        assert!(entries(&stripe).iter().all(|entry| matches!(entry, Entry::Refused { .. })));
    }
}
