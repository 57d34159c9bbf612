//! What was probably meant by a name that nothing has.
//!
//! A command asks when it has failed, so that what cannot be found out is left unsaid.

use std::collections::BTreeSet;

use api::ComponentView;
use serde_json::{Value, json};

use crate::client::Client;
use crate::output;

/// Names that are told at most.
const NAMES_MAX: usize = 3;

/// Versions of a component that are told at most.
const VERSIONS_MAX: usize = 10;

/// Names that are compared at most, of those that are about as long as the one that was given.
const COMPARED_MAX: usize = 1_000;

/// Processes that are looked at.
const PROCESSES_MAX: u32 = 1_000;

/// Names that are longer are not compared, in characters: that takes time by the square.
const NAME_CHARS_MAX: usize = 200;

/// The beginning of a name that is enough, in characters.
const BEGINNING_CHARS_MIN: usize = 3;

/// What to say when one of `names` may have been meant by `name`, which is none of them.
pub(super) fn did_you_mean<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    if name.chars().count() > NAME_CHARS_MAX {
        return None;
    }
    let wanted = name.to_lowercase();
    let length = wanted.chars().count();
    let distance_max = (length / 3).max(1);
    let comparable = |other: &&str| {
        let found = other.to_lowercase();
        let found_length = found.chars().count();
        let is_beginning = length >= BEGINNING_CHARS_MIN && found.starts_with(&wanted);
        // Each character more or less is a distance of one.
        let is_near = found_length.abs_diff(length) <= distance_max;
        (found_length <= NAME_CHARS_MAX && (is_beginning || is_near)).then_some((is_beginning, found))
    };
    let names: BTreeSet<&str> = names.into_iter().collect();
    let compared = names.iter().filter_map(|other| Some((comparable(other)?, *other))).take(COMPARED_MAX);
    let mut near: Vec<(usize, &str)> = compared
        .filter_map(|((is_beginning, found), other)| {
            let distance = strsim::damerau_levenshtein(&wanted, &found);
            (is_beginning || distance <= distance_max).then_some((distance, other))
        })
        .collect();
    near.sort_unstable();
    let near: Vec<String> = near.iter().take(NAMES_MAX).map(|(_, other)| format!("`{other}`")).collect();
    (!near.is_empty()).then(|| output::printable(format!("did you mean {}?", near.join(" or "))))
}

/// What there is to say of a component's name, and of a version of it if one was meant.
pub(super) async fn component(host: &Client, name: &str, version: Option<&str>) -> Vec<String> {
    let components = host.components().await.unwrap_or_default();
    Vec::from_iter(of_component(&components, name, version))
}

fn of_component(components: &[ComponentView], name: &str, version: Option<&str>) -> Option<String> {
    let versions: Vec<&str> = components
        .iter()
        .filter(|component| *component.name == *name)
        .map(|component| component.version.as_str())
        .collect();
    if versions.is_empty() {
        return did_you_mean(name, components.iter().map(|component| component.name.as_str()));
    }
    if version.is_none_or(|version| versions.contains(&version)) {
        return None;
    }
    let more = if versions.len() > VERSIONS_MAX { ", …" } else { "" };
    let listed = versions[..versions.len().min(VERSIONS_MAX)].join(", ");
    Some(format!("of `{name}` there are {listed}{more}"))
}

/// What there is to say of a job type: nothing of one that a component does.
pub(super) async fn job_type(host: &Client, job_type: &str) -> Vec<String> {
    let components = host.components().await.unwrap_or_default();
    let types: BTreeSet<&str> = types(&components);
    if types.contains(job_type) {
        return Vec::new();
    }
    let mut said = vec![format!("no component does jobs of type `{job_type}`")];
    said.extend(did_you_mean(job_type, types));
    said
}

fn types(components: &[ComponentView]) -> BTreeSet<&str> {
    components.iter().flat_map(|component| &component.job_types).map(|job_type| job_type.as_str()).collect()
}

/// What there is to say of a secret's name.
pub(super) async fn secret(host: &Client, name: &str) -> Vec<String> {
    let secrets = host.secrets().await.unwrap_or_default();
    Vec::from_iter(did_you_mean(name, secrets.iter().map(|secret| secret.name.as_str())))
}

/// What there is to say of a process's id.
pub(super) async fn process(host: &Client, id: &str) -> Vec<String> {
    let latest = json!({ "isLatestVersion": true });
    let found = host.search("process-definitions", latest, json!([]), PROCESSES_MAX).await;
    Vec::from_iter(of_process(&found.unwrap_or_default(), id))
}

fn of_process(found: &[Value], id: &str) -> Option<String> {
    if found.len() >= PROCESSES_MAX as usize {
        // It may be among those that were not looked at.
        return None;
    }
    let ids = || found.iter().filter_map(|process| process["processDefinitionId"].as_str());
    if ids().any(|other| other == id) { None } else { did_you_mean(id, ids()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_told_nearest_first() {
        let names = ["echo", "score", "customer-check", "echoes", "STRIPE_API_KEY"];
        for (name, expected) in [
            ("ech", Some("did you mean `echo` or `echoes`?")),
            ("echoo", Some("did you mean `echo`?")),
            ("socre", Some("did you mean `score`?")),
            ("customer", Some("did you mean `customer-check`?")),
            ("stripe_apikey", Some("did you mean `STRIPE_API_KEY`?")),
            ("payment", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(name, names).as_deref(), expected, "{name}");
        }
        let long = "echo".repeat(NAME_CHARS_MAX);
        assert_eq!(did_you_mean(&long, [&*long]), None);
        assert_eq!(did_you_mean("echo", ["a", "b", "c"]), None);
        assert_eq!(did_you_mean("ech", ["echo"; 5]).as_deref(), Some("did you mean `echo`?"));
    }

    #[test]
    fn only_names_about_as_long_are_compared_and_not_too_many() {
        let far: Vec<String> = (0..COMPARED_MAX).map(|number| format!("a-{number}-is-much-longer")).collect();
        let near: Vec<String> = (0..COMPARED_MAX).map(|number| format!("{number:04}")).collect();
        let with = |names: &[String]| {
            let names = names.iter().map(String::as_str).chain(["echo"]);
            did_you_mean("ecko", names)
        };
        assert_eq!(with(&far).as_deref(), Some("did you mean `echo`?"));
        assert_eq!(with(&near), None);
        assert_eq!(with(&near[1..]).as_deref(), Some("did you mean `echo`?"));
    }

    #[test]
    fn nothing_is_said_of_a_process_when_not_all_were_looked_at() {
        let mut found: Vec<Value> = (2..PROCESSES_MAX)
            .map(|number| json!({ "processDefinitionId": format!("p-{number}") }))
            .collect();
        found.push(json!({ "processDefinitionId": "order" }));
        assert_eq!(found.len(), PROCESSES_MAX as usize - 1);
        assert_eq!(of_process(&found, "oder").as_deref(), Some("did you mean `order`?"));
        assert_eq!(of_process(&found, "order"), None);
        found.push(json!({ "processDefinitionId": "odder" }));
        assert_eq!(of_process(&found, "oder"), None);
    }

    #[test]
    fn versions_are_listed_for_one_that_is_not_there() -> anyhow::Result<()> {
        let component = |name: &str, version: &str| {
            serde_json::from_value::<ComponentView>(json!({
                "name": name, "version": version, "digest": "", "sizeBytes": 1, "jobTypes": ["echo"], "serving": [],
                "manifest": {}, "uploadedAt": "2026-01-01T00:00:00.000Z", "uploadedBy": "ada", "prebuilt": false,
            }))
        };
        let components =
            [component("echo", "1.1.0")?, component("echo", "1.0.0")?, component("score", "2.0.0")?];
        let said = |name: &str, version: Option<&str>| of_component(&components, name, version);
        assert_eq!(said("echo", Some("9.9.9")).as_deref(), Some("of `echo` there are 1.1.0, 1.0.0"));
        assert_eq!(said("echo", Some("1.0.0")), None);
        assert_eq!(said("ecko", Some("1.0.0")).as_deref(), Some("did you mean `echo`?"));
        assert_eq!(said("payment", None), None);
        Ok(())
    }
}
