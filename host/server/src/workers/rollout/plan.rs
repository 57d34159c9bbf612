//! What an operator asks for: versions with weights, and rules.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use types::ProcessDefinitionKey;

/// A plan as JSON text, in bytes.
const PLAN_BYTES_MAX: usize = 64 << 10;
/// Versions that share the jobs of a type.
const VERSIONS_MAX: usize = 10;
/// Process versions that are pinned.
const PINS_MAX: usize = 100;
/// What all weights come to.
const WEIGHTS_SUM: u32 = 100;
/// Attempts that a guard waits for.
const AFTER_ATTEMPTS_MAX: u32 = 1_000_000;
/// How far a guard looks back, in seconds: a day.
const WINDOW_SECONDS_MAX: u32 = 24 * 60 * 60;
/// The word for external workers: whoever gives them a share learns that they have none.
const EXTERNAL: &str = "external";
const NO_SHARE: &str = "external workers get no share: a job type is done by components, or without any by external workers. \
     To leave it to them, remove its roll-out and its components";

/// Which versions do the jobs of a type. The first one is the *stable* one, the others are canaries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Plan {
    /// The versions and their shares.
    pub(crate) versions: Vec<Share>,
    /// What the split is made over.
    #[serde(default, skip_serializing_if = "SplitBy::is_default")]
    pub(crate) split_by: SplitBy,
    /// Where the canaries have their shares; elsewhere the stable version does every job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process: Option<Process>,
    /// When a canary is given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) guard: Option<Guard>,
    /// Process versions whose jobs go to a range of versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pins: Vec<Pin>,
}

/// A version and its share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Share {
    /// The version.
    pub(crate) version: Label,
    /// Its share of the attempts, in percent.
    pub(crate) weight: u32,
}

/// A component's name and version, `name@version`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Label {
    /// The component's name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: Version,
}

/// What the split is made over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SplitBy {
    /// Each attempt by itself: a retry may go to another version.
    #[default]
    Attempt,
    /// Process instances: all attempts of one go to the same version, as long as the plan stays.
    ProcessInstance,
}

/// Process definitions: those of an id, one version of it, or the one with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Process {
    /// The process's id in the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process_definition_id: Option<String>,
    /// Its version; all without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process_definition_version: Option<u32>,
    /// The key of one version, instead of the two others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process_definition_key: Option<ProcessDefinitionKey>,
}

/// When a canary is given up: one of the two measures is enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Guard {
    /// More than so many percent of its attempts fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fail_above_percent: Option<f64>,
    /// It fails in so many percentage points more than the stable version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fail_above_stable_by: Option<f64>,
    /// Attempts of a version that have to have ended before its rate means something.
    #[serde(default = "Guard::after_attempts_default")]
    pub(crate) after_attempts: u32,
    /// How far back attempts count.
    #[serde(default = "Guard::window_seconds_default")]
    pub(crate) window_seconds: u32,
}

/// Jobs of a process version go to a range of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Pin {
    /// The process's id in the model.
    pub(crate) process_definition_id: String,
    /// Its version; all without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process_definition_version: Option<u32>,
    /// The range, as in the header `workerVersion`.
    pub(crate) worker_version: VersionReq,
}

/// Why a text is no plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It is not what plans are made of.
    #[error("the roll-out is not acceptable: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is a list, whose items would count by their order.
    #[error("the roll-out is not acceptable: expected an object with the list `versions`")]
    NotAnObject,
    /// It is larger than is kept.
    #[error("the roll-out takes {bytes} bytes, the limit is {PLAN_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// A field says what cannot be.
    #[error("{field}: {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
}

impl Plan {
    /// All jobs go to one version.
    pub(crate) fn only(version: Label) -> Self {
        Self {
            versions: vec![Share { version, weight: WEIGHTS_SUM }],
            split_by: SplitBy::default(),
            process: None,
            guard: None,
            pins: Vec::new(),
        }
    }

    /// Reads and checks a plan.
    pub(crate) fn read(json: Value) -> Result<Self, Error> {
        let bytes = json.to_string().len();
        if bytes > PLAN_BYTES_MAX {
            return Err(Error::TooLarge { bytes });
        }
        if !json.is_object() {
            return Err(Error::NotAnObject);
        }
        if names_external(&json) {
            return Err(wrong("versions", NO_SHARE));
        }
        let plan: Self = serde_json::from_value(json)?;
        plan.check()?;
        Ok(plan)
    }

    /// The plan as it is stored and shown.
    pub(crate) fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("texts and numbers are always JSON")
    }

    /// The version that canaries are measured against, and given up for.
    pub(crate) fn stable(&self) -> &Label {
        &self.versions.first().expect("a plan has versions").version
    }

    /// Whether a version has a share.
    pub(crate) fn names(&self, name: &str, version: &str) -> bool {
        let is = |label: &Label| label.name == name && label.version.to_string() == version;
        self.versions.iter().any(|share| is(&share.version))
    }

    /// The plan without a canary, whose share goes to the stable version. The rules for canaries go with the last of them.
    pub(crate) fn without(&self, canary: &Label) -> Self {
        let mut plan = self.clone();
        plan.versions.retain(|share| share.version != *canary);
        let others: u32 = plan.versions.iter().skip(1).map(|share| share.weight).sum();
        if let Some(stable) = plan.versions.first_mut() {
            stable.weight = WEIGHTS_SUM.saturating_sub(others);
        }
        if plan.versions.len() == 1 {
            (plan.process, plan.guard, plan.split_by) = (None, None, SplitBy::default());
        }
        plan
    }

    /// The plan without canaries.
    pub(crate) fn stable_only(&self) -> Self {
        Self { pins: self.pins.clone(), ..Self::only(self.stable().clone()) }
    }

    fn check(&self) -> Result<(), Error> {
        check_versions(&self.versions)?;
        let canaries = self.versions.len() > 1;
        if let Some(process) = &self.process {
            process.check()?;
            if !canaries {
                return Err(wrong("process", "it says where canaries are, and there is one version only"));
            }
        }
        if let Some(guard) = &self.guard {
            guard.check()?;
            if !canaries {
                return Err(wrong("guard", "it watches canaries, and there is one version only"));
            }
        }
        if self.pins.len() > PINS_MAX {
            return Err(wrong("pins", format!("there are {}, the limit is {PINS_MAX}", self.pins.len())));
        }
        let mut pinned = HashSet::new();
        for pin in &self.pins {
            check_version("pins", pin.process_definition_version)?;
            if !pinned.insert((&pin.process_definition_id, pin.process_definition_version)) {
                let id = &pin.process_definition_id;
                return Err(wrong("pins", format!("process `{id}` is pinned twice in the same versions")));
            }
        }
        Ok(())
    }
}

fn names_external(json: &Value) -> bool {
    let versions = json.get("versions").and_then(Value::as_array);
    versions.into_iter().flatten().any(|share| share.get("version").is_some_and(|name| name == EXTERNAL))
}

fn check_versions(versions: &[Share]) -> Result<(), Error> {
    if !(1..=VERSIONS_MAX).contains(&versions.len()) {
        let problem = format!("there are {}, expected 1 to {VERSIONS_MAX}", versions.len());
        return Err(wrong("versions", problem));
    }
    let mut seen = HashSet::new();
    for Share { version, weight } in versions {
        if !seen.insert(version) {
            return Err(wrong("versions", format!("`{version}` is there twice")));
        }
        if !(1..=WEIGHTS_SUM).contains(weight) {
            let problem = format!(
                "the weight {weight} of `{version}` is not between 1 and {WEIGHTS_SUM}: leave out a version that gets nothing"
            );
            return Err(wrong("versions", problem));
        }
    }
    let sum: u32 = versions.iter().map(|share| share.weight).sum();
    if sum != WEIGHTS_SUM {
        return Err(wrong("versions", format!("the weights come to {sum}, expected {WEIGHTS_SUM}")));
    }
    Ok(())
}

fn check_version(field: &'static str, version: Option<u32>) -> Result<(), Error> {
    match version {
        Some(0) => Err(wrong(field, "versions of a process are counted from 1")),
        _ => Ok(()),
    }
}

fn wrong(field: &'static str, problem: impl Into<String>) -> Error {
    Error::Field { field, problem: problem.into() }
}

impl Process {
    fn check(&self) -> Result<(), Error> {
        match (&self.process_definition_id, self.process_definition_version, self.process_definition_key) {
            (Some(_), version, None) => check_version("process", version),
            (None, None, Some(_)) => Ok(()),
            _ => Err(wrong(
                "process",
                "expected `processDefinitionId`, with or without `processDefinitionVersion`, or `processDefinitionKey`",
            )),
        }
    }
}

impl Guard {
    /// Attempts that a guard waits for unless it is told otherwise.
    pub(crate) const fn after_attempts_default() -> u32 {
        20
    }

    /// How far a guard looks back unless it is told otherwise, in seconds.
    pub(crate) const fn window_seconds_default() -> u32 {
        60
    }

    /// How far back attempts count.
    pub(crate) const fn window(&self) -> Duration {
        Duration::from_secs(self.window_seconds as u64)
    }

    fn check(&self) -> Result<(), Error> {
        let measures = [self.fail_above_percent, self.fail_above_stable_by];
        if measures.iter().all(Option::is_none) {
            return Err(wrong("guard", "expected `failAbovePercent`, `failAboveStableBy` or both"));
        }
        if let Some(percent) = measures.into_iter().flatten().find(|percent| !(0.0..100.0).contains(percent))
        {
            return Err(wrong("guard", format!("{percent} is not from 0 to below 100 percent")));
        }
        if !(1..=AFTER_ATTEMPTS_MAX).contains(&self.after_attempts) {
            let problem = format!("`afterAttempts` is not between 1 and {AFTER_ATTEMPTS_MAX}");
            return Err(wrong("guard", problem));
        }
        if !(1..=WINDOW_SECONDS_MAX).contains(&self.window_seconds) {
            let problem = format!("`windowSeconds` is not between 1 and {WINDOW_SECONDS_MAX}");
            return Err(wrong("guard", problem));
        }
        Ok(())
    }
}

impl SplitBy {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == EXTERNAL {
            return Err(NO_SHARE.to_owned());
        }
        let expected =
            || format!("expected a component's name and version such as `pay@1.0.0`, found `{text}`");
        let (name, version) = text.split_once('@').ok_or_else(expected)?;
        let version = version.parse().map_err(|error| format!("{}: {error}", expected()))?;
        if name.is_empty() {
            return Err(expected());
        }
        Ok(Self { name: name.to_owned(), version })
    }
}

impl TryFrom<String> for Label {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn share(version: &str, weight: u32) -> Value {
        json!({ "version": version, "weight": weight })
    }

    #[test]
    fn what_was_stored_reads_back() {
        for plan in [
            json!({ "versions": [share("pay@1.0.0", 100)] }),
            json!({
                "versions": [share("pay@1.0.0", 90), share("pay@1.1.0-rc.1", 10)],
                "splitBy": "processInstance",
                "process": { "processDefinitionKey": "2251799813685250" },
                "guard": { "failAbovePercent": 0.5, "failAboveStableBy": 3.0, "afterAttempts": 7, "windowSeconds": 9 },
                "pins": [{ "processDefinitionId": "order", "processDefinitionVersion": 3, "workerVersion": "^1.2" }],
            }),
        ] {
            assert_eq!(Plan::read(plan.clone()).unwrap().to_json(), plan);
        }
    }

    #[test]
    fn a_guard_has_defaults() {
        let guard = json!({ "failAbovePercent": 5 });
        let versions = [share("a@1.0.0", 90), share("a@2.0.0", 10)];
        let plan = Plan::read(json!({ "versions": versions, "guard": guard })).unwrap();
        let guard = plan.guard.unwrap();
        assert_eq!((guard.after_attempts, guard.window()), (20, Duration::from_secs(60)));
    }

    #[test]
    fn without_a_canary_the_stable_version_has_its_share() {
        let label = |text: &str| text.parse::<Label>().unwrap();
        let plan = Plan::read(json!({
            "versions": [share("a@1.0.0", 70), share("a@2.0.0", 20), share("b@1.0.0", 10)],
            "guard": { "failAbovePercent": 5 },
            "process": { "processDefinitionId": "order" },
            "pins": [{ "processDefinitionId": "order", "workerVersion": "^1" }],
        }))
        .unwrap();
        let one = plan.without(&label("a@2.0.0"));
        assert_eq!(one.to_json()["versions"], json!([share("a@1.0.0", 90), share("b@1.0.0", 10)]));
        assert!(one.guard.is_some() && one.process.is_some());
        let none = one.without(&label("b@1.0.0"));
        assert_eq!(none, plan.stable_only());
        assert_eq!(none.to_json()["versions"], json!([share("a@1.0.0", 100)]));
        assert!(none.guard.is_none() && none.process.is_none() && none.pins.len() == 1);
        none.check().unwrap();
    }

    #[test]
    fn what_is_no_plan_is_refused_with_its_problem() {
        let two = json!([share("a@1.0.0", 90), share("a@2.0.0", 10)]);
        let one = json!([share("a@1.0.0", 100)]);
        let pin = json!({ "processDefinitionId": "order", "workerVersion": "^1" });
        let many: Vec<Value> = (0..11).map(|minor| share(&format!("a@1.{minor}.0"), 1)).collect();
        for (json, expected) in [
            (json!([]), "expected an object"),
            (json!({}), "missing field `versions`"),
            (json!({ "versions": [] }), "versions: there are 0, expected 1 to 10"),
            (json!({ "versions": many }), "versions: there are 11"),
            (json!({ "versions": [share("a", 100)] }), "such as `pay@1.0.0`, found `a`"),
            (json!({ "versions": [share("a@1", 100)] }), "such as `pay@1.0.0`, found `a@1`"),
            (
                json!({ "versions": [share("external", 10), share("a@1.0.0", 90)] }),
                "versions: external workers get no share: a job type is done by components",
            ),
            (json!({ "versions": [share("a@1.0.0", 50), share("a@1.0.0", 50)] }), "`a@1.0.0` is there twice"),
            (
                json!({ "versions": [share("a@1.0.0", 100), share("a@2.0.0", 0)] }),
                "the weight 0 of `a@2.0.0`",
            ),
            (json!({ "versions": [share("a@1.0.0", 90), share("a@2.0.0", 11)] }), "the weights come to 101"),
            (json!({ "versions": one, "guard": { "failAbovePercent": 5 } }), "guard: it watches canaries"),
            (json!({ "versions": one, "process": { "processDefinitionId": "p" } }), "process: it says where"),
            (json!({ "versions": two, "guard": {} }), "guard: expected `failAbovePercent`"),
            (json!({ "versions": two, "guard": { "failAbovePercent": 100 } }), "guard: 100 is not"),
            (json!({ "versions": two, "guard": { "failAboveStableBy": -1 } }), "guard: -1 is not"),
            (
                json!({ "versions": two, "guard": { "failAbovePercent": 5, "afterAttempts": 0 } }),
                "`afterAttempts`",
            ),
            (
                json!({ "versions": two, "guard": { "failAbovePercent": 5, "windowSeconds": 0 } }),
                "`windowSeconds`",
            ),
            (json!({ "versions": two, "process": {} }), "process: expected `processDefinitionId`"),
            (json!({ "versions": one, "pins": [pin, pin] }), "pins: process `order` is pinned twice"),
            (
                json!({ "versions": one, "pins": [{ "processDefinitionId": "order", "workerVersion": "new" }] }),
                "unexpected character 'n'",
            ),
            (json!({ "versions": one, "weights": 1 }), "unknown field `weights`"),
            (json!({ "versions": one, "x": "x".repeat(PLAN_BYTES_MAX) }), "the limit is 65536"),
        ] {
            let message = Plan::read(json).map(drop).map_err(|error| error.to_string());
            assert!(
                message.as_ref().is_err_and(|message| message.contains(expected)),
                "{expected}: {message:?}"
            );
        }
    }
}
