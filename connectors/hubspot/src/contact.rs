//! The contact as the model gives it, and as HubSpot wants it.

use std::collections::BTreeMap;

use fermata_sdk::{Failure, null_as_default};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A contact.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The private app's access token, or the token that stands for it.
    pub api_key: String,
    /// The e-mail address, by which the contact is found.
    pub email: String,
    /// Its properties under HubSpot's internal names.
    #[serde(default, deserialize_with = "null_as_default")]
    pub properties: BTreeMap<String, Value>,
}

/// The body of `POST /crm/v3/objects/contacts/batch/upsert`.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    inputs: [Upsert<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Upsert<'a> {
    id_property: &'static str,
    id: &'a str,
    properties: BTreeMap<&'a str, String>,
}

impl Contact {
    /// The body of the call. HubSpot takes every property as a text; an empty one clears it.
    pub(crate) fn to_request(&self) -> Result<Request<'_>, Failure> {
        if self.email.trim().is_empty() {
            return Err(Failure::new("the contact's `email` is empty").retries(0));
        }
        let mut properties = BTreeMap::from([("email", self.email.clone())]);
        for (name, value) in &self.properties {
            properties.insert(name, to_text(name, value)?);
        }
        Ok(Request { inputs: [Upsert { id_property: "email", id: &self.email, properties }] })
    }
}

fn to_text(name: &str, value: &Value) -> Result<String, Failure> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(_) | Value::Object(_) => {
            let message =
                format!("the contact's property `{name}` is neither a text nor a number nor a boolean");
            Err(Failure::new(message).retries(0))
        }
    }
}
