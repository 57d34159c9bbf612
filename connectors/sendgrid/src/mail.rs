//! The e-mail as the model gives it, and as SendGrid wants it.

use fermata_sdk::{Failure, null_as_default};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An e-mail with either a content or a template.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// The API key, or the token that stands for it.
    pub api_key: String,
    /// The sender.
    pub from: Address,
    /// The recipient.
    pub to: Address,
    /// The mail itself.
    pub content: Option<Content>,
    /// A dynamic template of SendGrid.
    pub template: Option<Template>,
    /// Files to go with it.
    pub attachments: Option<Vec<Attachment>>,
}

/// A mailbox.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Address {
    /// Its address.
    pub email: String,
    /// Its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A mail's subject and text.
#[derive(Clone, Debug, Deserialize)]
pub struct Content {
    /// The subject.
    pub subject: String,
    /// The MIME type of the text.
    #[serde(rename = "type", default = "plain_text")]
    pub mime_type: String,
    /// The text.
    pub value: String,
}

/// A dynamic template.
#[derive(Clone, Debug, Deserialize)]
pub struct Template {
    /// Its id at SendGrid, `d-…`.
    pub id: String,
    /// What its placeholders stand for.
    #[serde(default, deserialize_with = "null_as_default")]
    pub data: Map<String, Value>,
}

/// A file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Attachment {
    /// Its bytes in Base64.
    pub content: String,
    /// Its name.
    pub filename: String,
    /// Its MIME type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

/// The body of `POST /v3/mail/send`.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    personalizations: [Personalization<'a>; 1],
    from: &'a Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<[RequestContent<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Attachment]>::is_empty")]
    attachments: &'a [Attachment],
}

#[derive(Debug, Serialize)]
struct Personalization<'a> {
    to: [&'a Address; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    dynamic_template_data: Option<&'a Map<String, Value>>,
}

#[derive(Debug, Serialize)]
struct RequestContent<'a> {
    #[serde(rename = "type")]
    mime_type: &'a str,
    value: &'a str,
}

impl Mail {
    /// The body of the call. A model that gives both a content and a template, or neither, does not know what it wants.
    pub(crate) fn to_request(&self) -> Result<Request<'_>, Failure> {
        if self.content.is_some() == self.template.is_some() {
            let given = if self.content.is_some() { "both" } else { "neither" };
            let message = format!("the e-mail has {given} of `content` and `template`; give one of them");
            return Err(Failure::new(message).retries(0));
        }
        Ok(Request {
            personalizations: [Personalization {
                to: [&self.to],
                dynamic_template_data: self.template.as_ref().map(|template| &template.data),
            }],
            from: &self.from,
            subject: self.content.as_ref().map(|content| content.subject.as_str()),
            content: self
                .content
                .as_ref()
                .map(|content| [RequestContent { mime_type: &content.mime_type, value: &content.value }]),
            template_id: self.template.as_ref().map(|template| template.id.as_str()),
            attachments: self.attachments.as_deref().unwrap_or_default(),
        })
    }
}

fn plain_text() -> String {
    "text/plain".to_owned()
}
