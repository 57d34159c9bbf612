//! The form of `POST /v1/payment_intents`, checked field by field, and what a card's issuer says to it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::address::is_email;

/// Stripe's smallest amount in euros and dollars, in cents.
const AMOUNT_MIN: u64 = 50;

/// Stripe's largest amount, in the currency's smallest unit.
const AMOUNT_MAX: u64 = 99_999_999;

/// The currencies of the account.
const CURRENCIES: &[&str] = &["chf", "eur", "gbp", "usd"];

/// The fields that are read here, besides `metadata[…]`.
const FIELDS: &[&str] = &[
    "amount",
    "currency",
    "payment_method",
    "confirm",
    "automatic_payment_methods[enabled]",
    "automatic_payment_methods[allow_redirects]",
    "off_session",
    "customer",
    "description",
    "receipt_email",
    "return_url",
];

/// Stripe's limits on `metadata`: pairs, and letters of a key and of a value.
const METADATA_MAX: usize = 50;
const METADATA_KEY_MAX: usize = 40;
const METADATA_VALUE_MAX: usize = 500;

/// The fields of a form, in no particular order.
pub(super) type Form = BTreeMap<String, String>;

/// A payment that Stripe would hand to the card's issuer.
pub(super) struct Payment {
    pub(super) amount: u64,
    pub(super) currency: String,
    pub(super) payment_method: String,
    pub(super) receipt_email: Option<String>,
    pub(super) description: Option<String>,
    pub(super) metadata: Map<String, Value>,
    pub(super) verdict: Verdict,
}

/// What the issuer of Stripe's test cards says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The money comes.
    Accepted,
    /// The customer has to confirm first.
    AuthenticationRequired,
    /// Stripe itself fails.
    Broken,
    /// No money comes.
    Declined { code: &'static str, decline_code: Option<&'static str>, message: &'static str },
}

/// Why Stripe refuses a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid {
    pub(super) parameter: String,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Invalid {
    fn new(parameter: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { parameter: parameter.to_owned(), code, message: message.into() }
    }

    fn missing(parameter: &str) -> Self {
        Self::new(parameter, "parameter_missing", format!("the parameter {parameter} is required"))
    }

    /// The body of Stripe's answer.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "error": {
                "type": "invalid_request_error",
                "code": self.code,
                "param": self.parameter,
                "message": self.message,
            }
        })
    }
}

impl Payment {
    /// Reads a form that creates and confirms a payment in one call.
    pub(super) fn read(form: &Form) -> Result<Self, Invalid> {
        let required = |name: &str| form.get(name).ok_or_else(|| Invalid::missing(name));
        if let Some(name) =
            form.keys().find(|name| !FIELDS.contains(&name.as_str()) && metadata_key(name).is_none())
        {
            return Err(Invalid::new(name, "parameter_unknown", format!("the parameter {name} is unknown")));
        }
        let amount = read_amount(required("amount")?)?;
        let currency = required("currency")?.clone();
        if !CURRENCIES.contains(&currency.as_str()) {
            let message = "the currency is the code of one that the account has, in lower case";
            return Err(Invalid::new("currency", "parameter_invalid", message));
        }
        if let Some(customer) = form.get("customer") {
            return Err(Invalid::new(
                "customer",
                "resource_missing",
                format!("no such customer: {customer}"),
            ));
        }
        let receipt_email = form.get("receipt_email").cloned();
        if receipt_email.as_deref().is_some_and(|email| !is_email(email)) {
            return Err(Invalid::new("receipt_email", "email_invalid", "this is no valid address"));
        }
        let metadata = read_metadata(form)?;
        check_confirmation(form)?;
        let payment_method = required("payment_method")?.clone();
        let Some(verdict) = verdict(&payment_method) else {
            let message = format!("no such payment method: {payment_method}");
            return Err(Invalid::new("payment_method", "resource_missing", message));
        };
        let description = form.get("description").cloned();
        Ok(Self { amount, currency, payment_method, receipt_email, description, metadata, verdict })
    }
}

fn read_amount(text: &str) -> Result<u64, Invalid> {
    let amount = text.parse::<u64>().map_err(|_| {
        Invalid::new("amount", "parameter_invalid_integer", format!("the amount {text} is no whole number"))
    })?;
    match amount {
        0..AMOUNT_MIN => Err(Invalid::new("amount", "amount_too_small", "the amount is at least 0.50")),
        AMOUNT_MIN..=AMOUNT_MAX => Ok(amount),
        _ => Err(Invalid::new("amount", "amount_too_large", "the amount has at most eight digits")),
    }
}

/// A payment is confirmed at once here, so Stripe must not want to send the customer to another page.
fn check_confirmation(form: &Form) -> Result<(), Invalid> {
    for name in ["confirm", "off_session", "automatic_payment_methods[enabled]"] {
        if form.get(name).is_some_and(|value| !matches!(value.as_str(), "true" | "false")) {
            return Err(Invalid::new(name, "parameter_invalid_boolean", format!("{name} is true or false")));
        }
    }
    let is = |name: &str, expected: &str| form.get(name).is_some_and(|value| value == expected);
    if !is("confirm", "true") {
        return Err(Invalid::new(
            "confirm",
            "parameter_missing",
            "this stand-in takes payments with confirm=true only",
        ));
    }
    // Automatic payment methods are the default; some of them redirect.
    if !is("automatic_payment_methods[allow_redirects]", "never") && !form.contains_key("return_url") {
        let message = "a payment method may redirect: give a return_url, or forbid redirects";
        return Err(Invalid::new("return_url", "parameter_missing", message));
    }
    Ok(())
}

fn read_metadata(form: &Form) -> Result<Map<String, Value>, Invalid> {
    let metadata: Map<String, Value> = form
        .iter()
        .filter_map(|(name, value)| Some((metadata_key(name)?.to_owned(), json!(value))))
        .collect();
    let too_long = metadata.iter().any(|(key, value)| {
        let letters = |text: &str| text.chars().count();
        letters(key) > METADATA_KEY_MAX || letters(value.as_str().unwrap_or_default()) > METADATA_VALUE_MAX
    });
    if metadata.len() > METADATA_MAX || too_long {
        let message = "metadata has at most 50 keys of 40 letters with values of 500 letters";
        return Err(Invalid::new("metadata", "parameter_invalid", message));
    }
    Ok(metadata)
}

/// `order` of `metadata[order]`.
fn metadata_key(name: &str) -> Option<&str> {
    name.strip_prefix("metadata[")?.strip_suffix(']').filter(|key| !key.is_empty())
}

/// What happens to Stripe's test cards. The last one is of this stand-in: no card of Stripe's makes Stripe fail.
fn verdict(payment_method: &str) -> Option<Verdict> {
    let declined = |code, decline_code, message| Verdict::Declined { code, decline_code, message };
    Some(match payment_method {
        "pm_card_visa" | "pm_card_mastercard" | "pm_card_amex" => Verdict::Accepted,
        "pm_card_authenticationRequired" => Verdict::AuthenticationRequired,
        "pm_card_visa_chargeDeclined" => {
            declined("card_declined", Some("generic_decline"), "Your card was declined.")
        }
        "pm_card_visa_chargeDeclinedInsufficientFunds" => {
            declined("card_declined", Some("insufficient_funds"), "Your card has insufficient funds.")
        }
        "pm_demo_apiError" => Verdict::Broken,
        "pm_card_chargeDeclinedExpiredCard" => declined("expired_card", None, "Your card has expired."),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_with(name: &str, value: Option<&str>) -> Form {
        let mut form: Form = [
            ("amount", "4900"),
            ("currency", "eur"),
            ("payment_method", "pm_card_visa"),
            ("confirm", "true"),
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
            ("receipt_email", "ada@engine.example"),
            ("metadata[order]", "4711"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        match value {
            Some(value) => form.insert(name.to_owned(), value.to_owned()),
            None => form.remove(name),
        };
        form
    }

    #[test]
    fn a_form_becomes_a_payment() {
        let payment = Payment::read(&form_with("description", Some("Set-up fee"))).expect("it is valid");
        assert_eq!((payment.amount, payment.currency.as_str()), (4900, "eur"));
        assert_eq!(payment.metadata["order"], "4711");
        assert_eq!(payment.verdict, Verdict::Accepted);
    }

    #[test]
    fn every_missing_or_wrong_field_is_named() {
        for (name, value, parameter, code) in [
            ("amount", None, "amount", "parameter_missing"),
            ("amount", Some("49.00"), "amount", "parameter_invalid_integer"),
            ("amount", Some("-1"), "amount", "parameter_invalid_integer"),
            ("amount", Some("49"), "amount", "amount_too_small"),
            ("amount", Some("100000000"), "amount", "amount_too_large"),
            ("currency", None, "currency", "parameter_missing"),
            ("currency", Some("EUR"), "currency", "parameter_invalid"),
            ("currency", Some("xxx"), "currency", "parameter_invalid"),
            ("payment_method", None, "payment_method", "parameter_missing"),
            ("payment_method", Some("pm_1"), "payment_method", "resource_missing"),
            ("customer", Some("cus_1"), "customer", "resource_missing"),
            ("confirm", None, "confirm", "parameter_missing"),
            ("confirm", Some("yes"), "confirm", "parameter_invalid_boolean"),
            ("automatic_payment_methods[allow_redirects]", None, "return_url", "parameter_missing"),
            ("receipt_email", Some("ada"), "receipt_email", "email_invalid"),
            ("receiptEmail", Some("a@b.example"), "receiptEmail", "parameter_unknown"),
            ("metadata[]", Some("x"), "metadata[]", "parameter_unknown"),
        ] {
            let invalid = Payment::read(&form_with(name, value)).err().expect(name);
            assert_eq!((invalid.parameter.as_str(), invalid.code), (parameter, code), "{name}={value:?}");
        }
    }

    #[test]
    fn metadata_is_bounded() {
        let mut form = form_with("metadata[note]", Some(&"x".repeat(METADATA_VALUE_MAX + 1)));
        assert!(Payment::read(&form).is_err());
        form.remove("metadata[note]");
        form.extend((0..METADATA_MAX).map(|n| (format!("metadata[{n}]"), String::new())));
        assert!(Payment::read(&form).is_err(), "one pair too many");
    }
}
