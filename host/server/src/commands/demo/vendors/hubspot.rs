//! HubSpot's contacts: `POST /crm/v3/objects/contacts`, `…/batch/upsert`, and `GET …/{email}?idProperty=email`.
//!
//! Documented by HubSpot as "CRM API: Contacts" and "Error handling".

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::address::is_email;
use super::ledger::{Entry, Full, Ledger};
use super::server::{Answer, Request, Vendor};

/// The vendor's name.
pub(super) const NAME: &str = "HubSpot";

const CONTACTS: &str = "/crm/v3/objects/contacts";

/// The most contacts of one batch.
const BATCH_MAX: usize = 100;

/// The properties that a contact of this account has.
const PROPERTIES: &[&str] = &["email", "firstname", "lastname", "phone", "company", "lifecyclestage"];

/// The values of `lifecyclestage`.
const LIFECYCLE_STAGES: &[&str] = &[
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
];

/// The id of the first contact.
const ID_FIRST: usize = 101;

/// When HubSpot is out of order: for the first calls about one contact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outage {
    /// The contact's e-mail address.
    pub(crate) email: &'static str,
    /// For each call that fails, how long HubSpot asks to wait after it, in seconds, if it says.
    pub(crate) calls_retry_after_s: &'static [Option<u32>],
}

/// The stand-in.
pub(crate) struct HubSpot {
    token: String,
    outage: Outage,
    ledger: Arc<Ledger>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failed_calls: usize,
    /// By e-mail address. Every contact has an entry in the ledger, whose size is bounded.
    contacts: BTreeMap<String, Contact>,
}

#[derive(Clone)]
struct Contact {
    id: usize,
    properties: Map<String, Value>,
}

/// A refusal before it is noted.
struct Refusal {
    status: StatusCode,
    category: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, category: &'static str, message: impl Into<String>) -> Self {
        Self { status, category, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }
}

/// One contact of a batch.
struct Upsert {
    email: String,
    properties: Map<String, Value>,
}

impl HubSpot {
    /// A stand-in that knows one access token.
    pub(super) fn new(token: String, outage: Outage, ledger: Arc<Ledger>) -> Self {
        Self { token, outage, ledger, state: Mutex::default() }
    }

    fn try_answer(&self, request: &Request) -> Result<Answer, Refusal> {
        if request.bearer() != Some(self.token.as_str()) {
            let message = "the access token is missing, expired or revoked";
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "INVALID_AUTHENTICATION", message));
        }
        let Some(rest) = request.path.strip_prefix(CONTACTS) else {
            return Err(Refusal::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "this path does not exist"));
        };
        match (&request.method, rest) {
            (&Method::POST, "") => self.create(&read_body(request)?),
            (&Method::POST, "/batch/upsert") => self.upsert(&read_body(request)?),
            (&Method::GET, email) => self.get(email.trim_start_matches('/')),
            _ => Err(Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                format!("{} is not offered here", request.method),
            )),
        }
    }

    fn create(&self, body: &Map<String, Value>) -> Result<Answer, Refusal> {
        let properties = read_properties(body.get("properties"))?;
        let Some(email) = properties.get("email").and_then(Value::as_str).map(str::to_owned) else {
            return Err(Refusal::invalid("a contact of this account has an email"));
        };
        let mut state = self.lock();
        if let Some(answer) = self.out_of_order(&mut state, &email) {
            return Ok(answer);
        }
        if let Some(contact) = state.contacts.get(&email) {
            let message = format!("the contact exists, its id is {}", contact.id);
            return Err(Refusal::new(StatusCode::CONFLICT, "CONFLICT", message));
        }
        let contact = self.put(&mut state, email, properties)?;
        Ok(Answer::json(StatusCode::CREATED, contact.to_json()))
    }

    fn upsert(&self, body: &Map<String, Value>) -> Result<Answer, Refusal> {
        let upserts = read_upserts(body)?;
        let mut state = self.lock();
        for upsert in &upserts {
            if let Some(answer) = self.out_of_order(&mut state, &upsert.email) {
                return Ok(answer);
            }
        }
        let mut results = Vec::new();
        for Upsert { email, properties } in upserts {
            let new = !state.contacts.contains_key(&email);
            let mut result = self.put(&mut state, email, properties)?.to_json();
            result["new"] = json!(new);
            results.push(result);
        }
        Ok(Answer::json(StatusCode::OK, json!({ "status": "COMPLETE", "results": results })))
    }

    fn get(&self, email: &str) -> Result<Answer, Refusal> {
        match self.lock().contacts.get(email) {
            Some(contact) => Ok(Answer::json(StatusCode::OK, contact.to_json())),
            None => Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "OBJECT_NOT_FOUND",
                format!("no contact has the email {email}"),
            )),
        }
    }

    fn out_of_order(&self, state: &mut State, email: &str) -> Option<Answer> {
        if email != self.outage.email {
            return None;
        }
        let retry_after_s = *self.outage.calls_retry_after_s.get(state.failed_calls)?;
        state.failed_calls += 1;
        // The call fails even when there is no room to note it.
        let _ = self.ledger.record(Entry::Unavailable { email: email.to_owned() });
        let body = json!({ "status": "error", "message": "try again later" });
        let answer = Answer::json(StatusCode::SERVICE_UNAVAILABLE, body);
        Some(match retry_after_s {
            Some(seconds) => answer.header("retry-after", seconds.to_string()),
            None => answer,
        })
    }

    fn put(
        &self,
        state: &mut State,
        email: String,
        properties: Map<String, Value>,
    ) -> Result<Contact, Refusal> {
        let created = !state.contacts.contains_key(&email);
        if let Err(Full) = self.ledger.record(Entry::Contact { email: email.clone(), created }) {
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITS", "too many requests"));
        }
        let id = ID_FIRST + state.contacts.len();
        let contact = state.contacts.entry(email).or_insert_with(|| Contact { id, properties: Map::new() });
        contact.properties.extend(properties);
        Ok(contact.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vendor for HubSpot {
    fn answer(&self, request: &Request) -> Answer {
        self.try_answer(request).unwrap_or_else(|Refusal { status, category, message }| {
            let entry = Entry::Refused { vendor: NAME, status: status.as_u16(), reason: message.clone() };
            // A full ledger refuses all the more.
            let _ = self.ledger.record(entry);
            Answer::json(status, json!({ "status": "error", "category": category, "message": message }))
        })
    }
}

impl Contact {
    fn to_json(&self) -> Value {
        json!({ "id": self.id.to_string(), "properties": self.properties, "archived": false })
    }
}

fn read_body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    if !request.has_content_type("application/json") {
        let message = "the content type has to be application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "VALIDATION_ERROR", message));
    }
    serde_json::from_slice(&request.body).map_err(|_| Refusal::invalid("the body is no JSON object"))
}

fn read_upserts(body: &Map<String, Value>) -> Result<Vec<Upsert>, Refusal> {
    let inputs = body.get("inputs").and_then(Value::as_array);
    let Some(inputs) = inputs.filter(|inputs| (1..=BATCH_MAX).contains(&inputs.len())) else {
        return Err(Refusal::invalid("a batch has 1 to 100 inputs"));
    };
    inputs.iter().map(read_upsert).collect()
}

fn read_upsert(input: &Value) -> Result<Upsert, Refusal> {
    if input["idProperty"] != "email" {
        return Err(Refusal::invalid("idProperty names a property with unique values: email"));
    }
    let Some(email) = input["id"].as_str().filter(|email| is_email(email)) else {
        return Err(Refusal::invalid("the id is no valid address"));
    };
    let mut properties = read_properties(input.get("properties"))?;
    properties.insert("email".to_owned(), json!(email));
    Ok(Upsert { email: email.to_owned(), properties })
}

fn read_properties(properties: Option<&Value>) -> Result<Map<String, Value>, Refusal> {
    let Some(properties) = properties.and_then(Value::as_object) else {
        return Err(Refusal::invalid("a contact has properties"));
    };
    for (name, value) in properties {
        if !PROPERTIES.contains(&name.as_str()) {
            return Err(Refusal::invalid(format!("the property {name} does not exist")));
        }
        let Some(text) = value.as_str() else {
            return Err(Refusal::invalid(format!("the value of {name} is no text")));
        };
        match name.as_str() {
            "email" if !is_email(text) => {
                return Err(Refusal::invalid(format!("the email {text} is no valid address")));
            }
            "lifecyclestage" if !LIFECYCLE_STAGES.contains(&text) => {
                return Err(Refusal::invalid(format!("{text} is no value of lifecyclestage")));
            }
            _ => {}
        }
    }
    Ok(properties.clone())
}

#[cfg(test)]
mod tests {
    use super::super::server::testing::post_json;
    use super::*;

    const UPSERT: &str = "/crm/v3/objects/contacts/batch/upsert";

    fn hubspot() -> HubSpot {
        let outage = Outage { email: "down@fermata.example", calls_retry_after_s: &[None, Some(1)] };
        HubSpot::new("pat-demo".into(), outage, Arc::default())
    }

    fn batch(email: &str, properties: Value) -> Request {
        let input = json!({ "idProperty": "email", "id": email, "properties": properties });
        post_json(UPSERT, "pat-demo", &json!({ "inputs": [input] }))
    }

    fn entries(hubspot: &HubSpot) -> Vec<Entry> {
        hubspot.ledger.since(0).into_iter().map(|record| record.entry).collect()
    }

    #[test]
    fn a_contact_is_created_then_updated() {
        let hubspot = hubspot();
        for (properties, new) in
            [(json!({ "firstname": "Ada" }), true), (json!({ "lastname": "Lovelace" }), false)]
        {
            let answer = hubspot.answer(&batch("ada@engine.example", properties));
            assert_eq!(answer.status, StatusCode::OK);
            let result = &answer.body.unwrap_or_default()["results"][0];
            assert_eq!((&result["id"], &result["new"]), (&json!("101"), &json!(new)));
        }
        let get = Request {
            method: Method::GET,
            path: format!("{CONTACTS}/ada@engine.example"),
            ..batch("", json!({}))
        };
        let contact = hubspot.answer(&get).body.unwrap_or_default();
        assert_eq!(contact["properties"]["firstname"], "Ada");
        assert_eq!(contact["properties"]["lastname"], "Lovelace");
        let email = "ada@engine.example".to_owned();
        assert_eq!(
            entries(&hubspot),
            [
                Entry::Contact { email: email.clone(), created: true },
                Entry::Contact { email, created: false }
            ]
        );
    }

    #[test]
    fn creating_a_contact_twice_is_a_conflict() {
        let hubspot = hubspot();
        let create =
            post_json(CONTACTS, "pat-demo", &json!({ "properties": { "email": "ada@engine.example" } }));
        assert_eq!(hubspot.answer(&create).status, StatusCode::CREATED);
        let answer = hubspot.answer(&create);
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert_eq!(answer.body.unwrap_or_default()["category"], "CONFLICT");
    }

    #[test]
    fn an_outage_ends_after_its_calls_and_concerns_one_contact() {
        let hubspot = hubspot();
        assert_eq!(hubspot.answer(&batch("ada@engine.example", json!({}))).status, StatusCode::OK);
        let down = batch("down@fermata.example", json!({}));
        for (status, says_when) in [
            (StatusCode::SERVICE_UNAVAILABLE, false),
            (StatusCode::SERVICE_UNAVAILABLE, true),
            (StatusCode::OK, false),
        ] {
            let answer = hubspot.answer(&down);
            assert_eq!((answer.status, !answer.headers.is_empty()), (status, says_when));
        }
    }

    #[test]
    fn a_wrong_token_is_refused() {
        for token in ["", "pat-other"] {
            let answer = hubspot().answer(&post_json(UPSERT, token, &json!({})));
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            assert_eq!(answer.body.unwrap_or_default()["category"], "INVALID_AUTHENTICATION");
        }
    }

    #[test]
    fn every_missing_or_wrong_field_is_refused_with_its_cause() {
        let hubspot = hubspot();
        let ada = "ada@engine.example";
        for (request, cause) in [
            (post_json(UPSERT, "pat-demo", &json!({})), "1 to 100 inputs"),
            (post_json(UPSERT, "pat-demo", &json!({ "inputs": [{ "id": ada }] })), "idProperty"),
            (batch("ada", json!({})), "no valid address"),
            (batch(ada, Value::Null), "has properties"),
            (batch(ada, json!({ "score": "90" })), "score does not exist"),
            (batch(ada, json!({ "phone": 1 })), "phone is no text"),
            (batch(ada, json!({ "email": "ada" })), "no valid address"),
            (batch(ada, json!({ "lifecyclestage": "friend" })), "lifecyclestage"),
            (post_json(CONTACTS, "pat-demo", &json!({ "properties": {} })), "has an email"),
        ] {
            let answer = hubspot.answer(&request);
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{cause}");
            let body = answer.body.unwrap_or_default();
            assert!(
                body["message"].as_str().is_some_and(|message| message.contains(cause)),
                "{cause}: {body}"
            );
        }
        assert!(hubspot.lock().contacts.is_empty());
    }
}
