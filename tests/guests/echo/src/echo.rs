//! The worker's function, shared by its versions.

use fermata_sdk::{Failure, Job};
use serde_json::value::RawValue;

/// Returns the variables with `workerVersion` behind them, where it counts more than one that is there already.
/// The text is checked to be JSON but never taken apart.
pub(crate) fn echo(job: Job<Box<RawValue>>) -> Result<Box<RawValue>, Failure> {
    let fields = job
        .variables
        .get()
        .trim_end()
        .strip_suffix('}')
        .ok_or_else(|| Failure::new("the variables are no JSON object").retries(0))?;
    let separator = if fields.trim_end().ends_with('{') { "" } else { "," };
    let version = env!("CARGO_PKG_VERSION");
    let answer = format!(r#"{fields}{separator}"workerVersion":"{version}"}}"#);
    Ok(RawValue::from_string(answer)?)
}

#[cfg(test)]
mod tests {
    use fermata_sdk::testing::Host;
    use serde_json::json;

    use super::echo;

    #[test]
    fn the_variables_come_back_with_the_version() {
        let version = env!("CARGO_PKG_VERSION");
        let run = Host::new().run(echo, json!({ "order": [1, 2], "name": "é" }));
        assert_eq!(run.completed(), &json!({ "workerVersion": version, "order": [1, 2], "name": "é" }));
        assert_eq!(Host::new().run(echo, json!({})).completed(), &json!({ "workerVersion": version }));
    }
}
