//! A stand-in for the host, so that plain `cargo test` tests a worker.
//!
//! ```
//! use fermata_sdk::testing::{Answer, Host};
//! use fermata_sdk::{Job, JobError, http};
//! use serde_json::{Value, json};
//!
//! fn stock(job: Job<Value>) -> Result<Value, JobError> {
//!     let article = job.variables["article"].as_str().unwrap_or_default();
//!     let response = http::get(format!("https://stock.example/{article}")).send()?;
//!     Ok(json!({ "inStock": response.json::<u32>()? > 0 }))
//! }
//!
//! let run = Host::new()
//!     .http("GET", "https://stock.example/lamp", Answer::json(200, &7))
//!     .run(stock, json!({ "article": "lamp" }));
//! assert_eq!(run.completed(), &json!({ "inStock": true }));
//! ```
//!
//! The double answers on the thread that runs the worker. Its clock starts at [`START_UNIX`] and moves only
//! when the worker sleeps, and its random bytes are the same in every run.

pub(crate) mod double;
mod host;
mod http;
mod run;

pub use double::START_UNIX;
pub use host::Host;
pub use http::{Answer, SentRequest};
pub use run::{LogRecord, Run};
