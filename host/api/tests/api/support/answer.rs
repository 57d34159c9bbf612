//! What the API has answered.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) path: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as JSON; the status must be this one.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The items of a list or search.
    #[track_caller]
    pub(crate) fn items(&self) -> Vec<Value> {
        self.json(200)["items"].as_array().unwrap().clone()
    }

    /// 204 and nothing else.
    #[track_caller]
    pub(crate) fn is_done(&self) {
        assert_eq!(self.status, 204, "{}: {}", self.path, self.text());
        assert!(self.body.is_empty());
    }

    /// A problem with exactly these members.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, title: &str, detail: &str) {
        let expected = json!({
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": self.path.split('?').next(),
        });
        assert_eq!(self.problem(status), expected);
    }

    /// A problem: all five members, in the right media type.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        let problem = self.json(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        for member in ["type", "title", "detail", "instance"] {
            assert!(problem[member].is_string(), "{member}: {problem}");
        }
        assert_eq!(problem["status"], status);
        problem
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
