//! SendGrid's `POST /v3/mail/send`.
//!
//! Documented by Twilio as "SendGrid v3 API: Mail Send".

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::address::is_email;
use super::ledger::{Entry, Full, Ledger};
use super::server::{Answer, Request, Vendor};

/// The vendor's name.
pub(super) const NAME: &str = "SendGrid";

/// The most personalizations of one call.
const PERSONALIZATIONS_MAX: usize = 1_000;

/// The fields of a call that are read here. Others of the API are refused, so that nothing is ignored silently.
const FIELDS: &[&str] = &["personalizations", "from", "subject", "content", "template_id", "attachments"];

/// The stand-in.
pub(crate) struct SendGrid {
    api_key: String,
    /// The one sender whose identity was verified.
    sender: &'static str,
    ledger: Arc<Ledger>,
    mails: AtomicU64,
}

/// What is wrong with one field, which is named as SendGrid does: `personalizations.0.to`.
struct Problem {
    field: String,
    message: String,
}

/// One mail of a call.
struct Mail {
    to: String,
    subject: String,
}

impl SendGrid {
    /// A stand-in that knows one key and one sender.
    pub(super) fn new(api_key: String, sender: &'static str, ledger: Arc<Ledger>) -> Self {
        Self { api_key, sender, ledger, mails: AtomicU64::new(0) }
    }

    fn take(&self, mails: Vec<Mail>) -> Answer {
        for Mail { to, subject } in mails {
            if let Err(Full) = self.ledger.record(Entry::Mail { to, subject }) {
                return self.refuse(StatusCode::TOO_MANY_REQUESTS, "", "too many requests");
            }
        }
        let number = self.mails.fetch_add(1, Ordering::Relaxed) + 1;
        Answer::empty(StatusCode::ACCEPTED).header("x-message-id", format!("demo-{number}"))
    }

    fn refuse(&self, status: StatusCode, field: &str, message: &str) -> Answer {
        self.refuse_all(status, vec![Problem { field: field.to_owned(), message: message.to_owned() }])
    }

    fn refuse_all(&self, status: StatusCode, problems: Vec<Problem>) -> Answer {
        let reasons: Vec<String> = problems.iter().map(Problem::in_words).collect();
        let entry = Entry::Refused { vendor: NAME, status: status.as_u16(), reason: reasons.join("; ") };
        // A full ledger refuses all the more.
        let _ = self.ledger.record(entry);
        let errors: Vec<Value> = problems.into_iter().map(Problem::into_json).collect();
        Answer::json(status, json!({ "errors": errors }))
    }
}

impl Vendor for SendGrid {
    fn answer(&self, request: &Request) -> Answer {
        if request.path != "/v3/mail/send" {
            return self.refuse(StatusCode::NOT_FOUND, "", "this path does not exist");
        }
        if request.method != Method::POST {
            return self.refuse(StatusCode::METHOD_NOT_ALLOWED, "", "a mail is sent with POST");
        }
        match request.bearer() {
            Some(key) if key == self.api_key => {}
            _ => {
                return self.refuse(
                    StatusCode::UNAUTHORIZED,
                    "",
                    "the API key is missing, invalid or revoked",
                );
            }
        }
        if !request.has_content_type("application/json") {
            let message = "the content type has to be application/json";
            return self.refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "", message);
        }
        let Ok(Value::Object(body)) = serde_json::from_slice(&request.body) else {
            return self.refuse(StatusCode::BAD_REQUEST, "", "the body is no JSON object");
        };
        let mut problems = Vec::new();
        let mails = read(&body, &mut problems);
        if !problems.is_empty() {
            return self.refuse_all(StatusCode::BAD_REQUEST, problems);
        }
        if body["from"]["email"] != self.sender {
            let message = "the sender has no verified identity";
            return self.refuse(StatusCode::FORBIDDEN, "from", message);
        }
        self.take(mails)
    }
}

/// The mails of a call, and what is wrong with it.
fn read(body: &Map<String, Value>, problems: &mut Vec<Problem>) -> Vec<Mail> {
    let mut report = |field: &str, message: &str| {
        problems.push(Problem { field: field.to_owned(), message: message.to_owned() });
    };
    for name in body.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
        report(name, "this field is not known");
    }
    check_person(body.get("from"), "from", &mut report);
    let template = body.get("template_id");
    if template.is_some_and(|id| !id.as_str().is_some_and(|id| id.starts_with("d-"))) {
        report("template_id", "the id of a dynamic template begins with d-");
    }
    match body.get("content") {
        None if template.is_some() => {}
        None => report("content", "a mail without template has at least one content"),
        Some(content) => check_contents(content, &mut report),
    }
    if let Some(attachments) = body.get("attachments") {
        check_attachments(attachments, &mut report);
    }
    read_personalizations(body, template.is_some(), &mut report)
}

fn read_personalizations(
    body: &Map<String, Value>,
    has_template: bool,
    report: &mut impl FnMut(&str, &str),
) -> Vec<Mail> {
    let none = Vec::new();
    let personalizations = body.get("personalizations").and_then(Value::as_array).unwrap_or(&none);
    if personalizations.is_empty() || personalizations.len() > PERSONALIZATIONS_MAX {
        report("personalizations", "a call has 1 to 1000 personalizations");
    }
    let mut mails = Vec::new();
    for (index, personalization) in personalizations.iter().enumerate() {
        let subject = [personalization.get("subject"), body.get("subject")].into_iter().flatten().next();
        let subject = subject.and_then(Value::as_str).unwrap_or_default();
        if subject.is_empty() && !has_template {
            report("subject", "a mail without template has a subject");
        }
        let field = format!("personalizations.{index}.to");
        let recipients = personalization.get("to").and_then(Value::as_array).unwrap_or(&none);
        if recipients.is_empty() {
            report(&field, "a mail has at least one recipient");
        }
        for (index, recipient) in recipients.iter().enumerate() {
            check_person(Some(recipient), &format!("{field}.{index}"), report);
            let to = recipient["email"].as_str().unwrap_or_default().to_owned();
            mails.push(Mail { to, subject: subject.to_owned() });
        }
    }
    mails
}

fn check_person(person: Option<&Value>, field: &str, report: &mut impl FnMut(&str, &str)) {
    let email = person.and_then(|person| person.get("email")).and_then(Value::as_str);
    if !email.is_some_and(is_email) {
        report(&format!("{field}.email"), "this is no valid address");
    }
    if person.and_then(|person| person.get("name")).is_some_and(|name| !name.is_string()) {
        report(&format!("{field}.name"), "a name is a text");
    }
}

fn check_contents(contents: &Value, report: &mut impl FnMut(&str, &str)) {
    let Some(contents) = contents.as_array().filter(|contents| !contents.is_empty()) else {
        return report("content", "a mail without template has at least one content");
    };
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    for (index, content) in contents.iter().enumerate() {
        for name in ["type", "value"] {
            if !is_text(&content[name]) {
                report(&format!("content.{index}.{name}"), "a content has a type and a value");
            }
        }
    }
    let position = |mime_type: &str| contents.iter().position(|content| content["type"] == mime_type);
    if position("text/plain").is_some_and(|plain| plain > 0) {
        report("content", "text/plain comes first");
    }
}

fn check_attachments(attachments: &Value, report: &mut impl FnMut(&str, &str)) {
    let Some(attachments) = attachments.as_array() else {
        return report("attachments", "attachments are a list");
    };
    for (index, attachment) in attachments.iter().enumerate() {
        let content = attachment["content"].as_str().unwrap_or_default();
        if content.is_empty() || BASE64_STANDARD.decode(content).is_err() {
            report(&format!("attachments.{index}.content"), "a content is written in Base64");
        }
        if attachment["filename"].as_str().is_none_or(str::is_empty) {
            report(&format!("attachments.{index}.filename"), "an attachment has a file name");
        }
    }
}

impl Problem {
    fn in_words(&self) -> String {
        if self.field.is_empty() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }

    fn into_json(self) -> Value {
        let field = Some(self.field).filter(|field| !field.is_empty());
        json!({ "message": self.message, "field": field, "help": null })
    }
}

#[cfg(test)]
mod tests {
    use super::super::server::testing::post_json;
    use super::*;

    fn sendgrid() -> SendGrid {
        SendGrid::new("SG.key".into(), "shop@fermata.example", Arc::default())
    }

    fn mail() -> Value {
        json!({
            "personalizations": [{ "to": [{ "email": "ada@engine.example", "name": "Ada" }] }],
            "from": { "email": "shop@fermata.example", "name": "Shop" },
            "subject": "Welcome",
            "content": [{ "type": "text/plain", "value": "Hello" }],
        })
    }

    fn send(body: &Value) -> Answer {
        sendgrid().answer(&post_json("/v3/mail/send", "SG.key", body))
    }

    /// The mail with the value at a JSON pointer replaced.
    fn mail_with(pointer: &str, value: Value) -> Value {
        let mut mail = mail();
        if let Some(field) = mail.pointer_mut(pointer) {
            *field = value;
        }
        mail
    }

    #[test]
    fn a_mail_is_taken_and_noted() {
        let sendgrid = sendgrid();
        let answer = sendgrid.answer(&post_json("/v3/mail/send", "SG.key", &mail()));
        assert_eq!((answer.status, &answer.body), (StatusCode::ACCEPTED, &None));
        assert_eq!(answer.headers, [("x-message-id", "demo-1".to_owned())]);
        let entries: Vec<Entry> = sendgrid.ledger.since(0).into_iter().map(|record| record.entry).collect();
        assert_eq!(entries, [Entry::Mail { to: "ada@engine.example".into(), subject: "Welcome".into() }]);
    }

    #[test]
    fn a_wrong_key_is_refused() {
        for key in ["SG.other", ""] {
            let answer = sendgrid().answer(&post_json("/v3/mail/send", key, &mail()));
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
    }

    #[test]
    fn a_body_of_another_type_is_refused() {
        let mut request = post_json("/v3/mail/send", "SG.key", &mail());
        request.headers.remove("content-type");
        assert_eq!(sendgrid().answer(&request).status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(send(&json!([])).status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn every_missing_or_wrong_field_is_named() {
        for (body, field) in [
            (mail_with("/personalizations", json!([])), "personalizations"),
            (mail_with("/personalizations/0/to", json!([])), "personalizations.0.to"),
            (mail_with("/personalizations/0/to/0/email", json!("ada")), "personalizations.0.to.0.email"),
            (mail_with("/from", json!({})), "from.email"),
            (mail_with("/from/name", json!(1)), "from.name"),
            (mail_with("/subject", json!("")), "subject"),
            (mail_with("/content", json!([])), "content"),
            (mail_with("/content/0/type", Value::Null), "content.0.type"),
            (mail_with("/content/0/value", json!("")), "content.0.value"),
        ] {
            let answer = send(&body);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field}");
            let errors = answer.body.unwrap_or_default();
            assert_eq!(errors["errors"][0]["field"], field, "{errors}");
        }
        let mut body = mail();
        body["apiKey"] = json!("SG.key");
        assert_eq!(send(&body).status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn attachments_are_base64_with_a_name() {
        let mut body = mail();
        body["attachments"] = json!([{ "content": "SGk=", "filename": "hi.txt" }]);
        assert_eq!(send(&body).status, StatusCode::ACCEPTED);
        body["attachments"] = json!([{ "content": "?", "filename": "" }]);
        let errors = send(&body).body.unwrap_or_default();
        assert_eq!(errors["errors"][0]["field"], "attachments.0.content");
        assert_eq!(errors["errors"][1]["field"], "attachments.0.filename");
    }

    #[test]
    fn a_template_needs_neither_subject_nor_content() {
        let mut body = mail();
        for name in ["subject", "content"] {
            body.as_object_mut().and_then(|body| body.remove(name));
        }
        body["template_id"] = json!("d-1");
        assert_eq!(send(&body).status, StatusCode::ACCEPTED);
        body["template_id"] = json!("1");
        assert_eq!(send(&body).status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_sender_without_verified_identity_is_refused() {
        assert_eq!(
            send(&mail_with("/from/email", json!("else@fermata.example"))).status,
            StatusCode::FORBIDDEN
        );
    }
}
