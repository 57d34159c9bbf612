//! The job of a run, as its author writes it.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use manifest::Manifest;
use regex::Regex;
use runtime::{Clock as _, SystemClock};
use sandbox::SecretToken;
use serde::Deserialize;
use serde_json::{Map, Value};
use types::{
    ElementInstanceKey, JobKey, JobKind, JobRequest, ProcessDefinitionKey, ProcessInstanceKey, TenantId,
    Timestamp, VARIABLES_BYTES_MAX, Variables,
};

/// The file of a job, in bytes: the largest variables, and some.
const JOB_BYTES_MAX: usize = 2 * VARIABLES_BYTES_MAX;

/// Keys as the first instance of a host has them.
const PROCESS_DEFINITION: i64 = 2_251_799_813_685_250;
const PROCESS_INSTANCE: i64 = 2_251_799_813_685_251;
const ELEMENT_INSTANCE: i64 = 2_251_799_813_685_252;
const JOB: i64 = 2_251_799_813_685_253;

/// Which secret a token in a job stands for, as models have them.
pub(super) type NamesByToken = BTreeMap<String, String>;

/// The job of a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Job {
    #[serde(rename = "type", default)]
    pub(super) job_type: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    variables: Map<String, Value>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default = "first")]
    pub(super) attempt: u32,
    #[serde(default = "two")]
    retries: u32,
    #[serde(default = "key_of_a_try")]
    idempotency_key: String,
}

/// What in a model would ask for the job.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Task,
    ExecutionListener,
    TaskListener,
    AdHocSubProcess,
}

fn first() -> u32 {
    1
}

fn two() -> u32 {
    2
}

fn key_of_a_try() -> String {
    "fermata-worker-run".to_owned()
}

impl Job {
    /// Reads a job as JSON, or from `@FILE`.
    pub(super) fn read(text: &str, manifest: &Manifest) -> anyhow::Result<Self> {
        let (origin, text) = match text.strip_prefix('@') {
            None => ("the job".to_owned(), text.to_owned()),
            Some(path) => {
                let size = fs::metadata(path).with_context(|| format!("failed to read {path}"))?.len();
                ensure!(
                    size <= JOB_BYTES_MAX as u64,
                    "{path} takes {size} bytes, the limit is {JOB_BYTES_MAX}"
                );
                (path.to_owned(), fs::read_to_string(path).with_context(|| format!("failed to read {path}"))?)
            }
        };
        let mut job: Self = serde_json::from_str(&text).with_context(|| {
            format!("{origin} is not usable: expected something like {{\"variables\": {{…}}}}")
        })?;
        ensure!(job.attempt > 0, "{origin} is not usable: attempts are counted from 1");
        if let Some((name, value)) = job.headers.iter().find(|(_, value)| !value.is_string()) {
            bail!("{origin} is not usable: header `{name}` is {value}, expected a text");
        }
        if job.job_type.is_empty() {
            job.job_type = manifest.job_types.first().cloned().unwrap_or_default();
        } else if !manifest.job_types.contains(&job.job_type) {
            bail!(
                "component `{}` does no jobs of type `{}`, only of {}",
                manifest.name,
                job.job_type,
                manifest.job_types.join(", ")
            );
        }
        Ok(job)
    }

    /// Puts a token for each `{{secrets.NAME}}`, as deploying a model does. Gives what the tokens stand for.
    pub(super) fn replace_secrets(&mut self) -> anyhow::Result<Arc<NamesByToken>> {
        let mut tokens = Tokens::default();
        for value in self.variables.values_mut().chain(self.headers.values_mut()) {
            tokens.replace(value)?;
        }
        Ok(Arc::new(tokens.names.into_iter().map(|(name, token)| (token.to_string(), name)).collect()))
    }

    /// The job as a host would hand it to the component now.
    pub(super) fn request(&self, wall_time: Duration) -> anyhow::Result<JobRequest> {
        let variables =
            Variables::parse(&serde_json::to_string(&self.variables)?).context("the job's variables")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().into();
        let wall_time_ms = i64::try_from(wall_time.as_millis()).unwrap_or(i64::MAX);
        let deadline = SystemClock.now().as_millis().saturating_add(wall_time_ms);
        Ok(JobRequest {
            key: JobKey::from_i64(JOB),
            job_type: self.job_type.as_str().into(),
            kind: match self.kind {
                Kind::Task => JobKind::Task,
                Kind::ExecutionListener => JobKind::ExecutionListener,
                Kind::TaskListener => JobKind::TaskListener,
                Kind::AdHocSubProcess => JobKind::AdHocSubProcess,
            },
            attempt: self.attempt,
            retries_left: self.retries,
            deadline: Timestamp::from_millis(deadline),
            variables,
            headers: self.headers.iter().map(|(name, value)| (name.as_str().into(), text(value))).collect(),
            idempotency_key: self.idempotency_key.clone(),
            process_instance: ProcessInstanceKey::from_i64(PROCESS_INSTANCE),
            process_definition: ProcessDefinitionKey::from_i64(PROCESS_DEFINITION),
            bpmn_process_id: "worker-run".into(),
            process_version: 1,
            element_id: "task".into(),
            element_instance: ElementInstanceKey::from_i64(ELEMENT_INSTANCE),
            tenant: TenantId::default(),
        })
    }
}

/// The tokens that stand for secrets.
#[derive(Default)]
struct Tokens {
    names: BTreeMap<String, SecretToken>,
}

impl Tokens {
    /// JSON is read to a bounded depth, so that this has an end.
    fn replace(&mut self, value: &mut Value) -> anyhow::Result<()> {
        static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}").expect("the expression is valid")
        });
        match value {
            Value::String(text) => {
                for reference in REFERENCE.captures_iter(text) {
                    if !self.names.contains_key(&reference[1]) {
                        self.names.insert(reference[1].to_owned(), SecretToken::random()?);
                    }
                }
                let replaced = REFERENCE.replace_all(text, |reference: &regex::Captures<'_>| {
                    self.names[&reference[1]].to_string()
                });
                *text = replaced.into_owned();
                Ok(())
            }
            Value::Array(values) => values.iter_mut().try_for_each(|value| self.replace(value)),
            Value::Object(fields) => fields.values_mut().try_for_each(|value| self.replace(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> anyhow::Result<Manifest> {
        Ok(Manifest::from_toml(
            "name = 'crm'\nversion = '1.0.0'\nkind = 'worker'\njob-types = ['find', 'merge']\n",
        )?)
    }

    #[test]
    fn everything_of_a_job_has_a_default() -> anyhow::Result<()> {
        let request = Job::read("{}", &manifest()?)?.request(Duration::from_secs(30))?;
        assert_eq!((request.job_type.as_str(), request.attempt, request.retries_left), ("find", 1, 2));
        assert_eq!(request.variables.to_json(), "{}");
        let text = r#"{"type": "merge", "variables": {"a": [1]}, "headers": {"x": "y"}, "attempt": 3, "retries": 0,
                       "idempotencyKey": "k", "kind": "task-listener"}"#;
        let request = Job::read(text, &manifest()?)?.request(Duration::from_secs(30))?;
        assert_eq!((request.job_type.as_str(), request.attempt, request.retries_left), ("merge", 3, 0));
        assert_eq!(request.variables.to_json(), r#"{"a":[1]}"#);
        assert_eq!(request.headers, [("x".into(), "y".into())]);
        assert_eq!((request.idempotency_key.as_str(), request.kind), ("k", JobKind::TaskListener));
        Ok(())
    }

    #[test]
    fn what_is_no_job_is_refused_with_its_problem() -> anyhow::Result<()> {
        for (text, expected) in [
            (r#"{"variable": {}}"#, "unknown field `variable`"),
            (r#"{"variables": []}"#, "expected a map"),
            (r#"{"headers": {"a": 1}}"#, "header `a` is 1"),
            (r#"{"type": "sell"}"#, "only of find, merge"),
            (r#"{"attempt": 0}"#, "counted from 1"),
            ("@no-such-file", "failed to read no-such-file"),
        ] {
            let error = Job::read(text, &manifest()?).map(drop).map_err(|error| format!("{error:#}"));
            assert!(error.as_ref().is_err_and(|error| error.contains(expected)), "{text}: {error:?}");
        }
        Ok(())
    }

    #[test]
    fn secrets_become_tokens() -> anyhow::Result<()> {
        let text = r#"{"variables": {"key": "Bearer {{secrets.KEY}}", "deep": [{"a": "{{ secrets.KEY }}{{secrets.B}}"}]},
                       "headers": {"h": "{{secrets.B}} {{secret.B}}"}}"#;
        let mut job = Job::read(text, &manifest()?)?;
        let names = job.replace_secrets()?;
        assert_eq!(names.len(), 2);
        let token = |name: &str| {
            let found = names.iter().find(|(_, secret)| *secret == name);
            found.map(|(token, _)| token.clone()).unwrap_or_default()
        };
        let (key, b) = (token("KEY"), token("B"));
        let expected =
            serde_json::json!({ "deep": [{ "a": format!("{key}{b}") }], "key": format!("Bearer {key}") });
        assert_eq!(Value::Object(job.variables.clone()), expected);
        assert_eq!(job.headers["h"], format!("{b} {{{{secret.B}}}}"));
        Ok(())
    }
}
