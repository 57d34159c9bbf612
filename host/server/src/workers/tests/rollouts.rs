//! Roll-outs with real components.

use api::{Expected, RolloutAction, RolloutRequest, RolloutView, Rollouts as _};
use manifest::Manifest;
use runtime::Assignment;
use serde_json::Value;

use super::*;

/// How often to look whether the host has done something by itself: each look gives it its turn.
const LOOKS_MAX: u32 = 1_000_000;

/// The worker `name` in a version of its own, with these job types.
pub(super) fn repacked(
    file: &str,
    name: &str,
    version: &str,
    kind: &str,
    job_type: &str,
) -> anyhow::Result<Vec<u8>> {
    let manifest =
        format!("name = '{name}'\nversion = '{version}'\nkind = '{kind}'\njob-types = ['{job_type}']\n");
    Ok(manifest::embed(&component(file)?, &Manifest::from_toml(&manifest)?)?)
}

/// Three versions of `echo`, of which the last one fails whatever it gets.
async fn host(cache: &Path) -> anyhow::Result<Host> {
    let host = Host::start(cache, Vec::new()).await?;
    let tenant = TenantId::DEFAULT;
    for bytes in [
        component("echo.wasm")?,
        component("echo-v2.wasm")?,
        repacked("hostile.wasm", "echo", "3.0.0", "worker", "echo")?,
    ] {
        host.upload(tenant, bytes).await?;
    }
    Ok(host)
}

pub(super) fn request(reason: &str) -> RolloutRequest {
    RolloutRequest {
        tenant: TenantId::default(),
        actor: Actor::new("ann"),
        job_type: "echo".into(),
        reason: reason.to_owned(),
        expected: Expected::Anything,
    }
}

pub(super) fn plan(shares: &[(&str, u32)]) -> Value {
    let share = |(version, weight): &(&str, u32)| json!({ "version": version, "weight": weight });
    json!({ "versions": shares.iter().map(share).collect::<Value>() })
}

impl Host {
    pub(super) async fn roll_out(&self, plan: Value) -> Result<RolloutView, PlatformError> {
        self.platform.put_rollout(request(""), plan).await
    }

    pub(super) async fn roll_back(&self, revision: Option<i64>) -> Result<RolloutView, PlatformError> {
        self.platform.roll_back(request("back"), revision).await
    }

    /// The version for the first attempt of a job.
    pub(super) fn choose(&self, job: i64) -> anyhow::Result<Arc<dyn JobWorker>> {
        let registry = &self.platform.changes.registry;
        let tenant = TenantId::default();
        let assignment = Assignment {
            tenant: &tenant,
            job_type: "echo",
            job: JobKey::from_i64(job),
            attempt: 1,
            headers: &[],
            process_instance: ProcessInstanceKey::from_i64(job),
            process_definition: ProcessDefinitionKey::from_i64(3),
            bpmn_process_id: "one-echo",
            process_version: 1,
        };
        registry.choose(&assignment).context("no component serves `echo`")
    }

    /// The one version that all jobs go to.
    pub(super) fn serving(&self) -> anyhow::Result<String> {
        let first = self.choose(1)?.label();
        for job in 2..100 {
            ensure!(self.choose(job)?.label() == first, "several versions serve");
        }
        Ok(first.to_string())
    }
}

/// What stands in `versions` of a plan.
pub(super) fn shares(plan: &Value) -> String {
    let shares = plan["versions"].as_array().into_iter().flatten();
    let shares = shares.map(|share| format!("{} {}", share["version"], share["weight"]));
    shares.collect::<Vec<_>>().join(", ").replace('"', "")
}

#[tokio::test]
async fn a_rollout_decides_who_serves_whatever_is_uploaded() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = host(cache.path()).await?;
    assert_eq!(host.serving()?, "echo@3.0.0");
    let rolled_out = host.roll_out(plan(&[("echo@1.0.0", 100)])).await?;
    assert_eq!(host.serving()?, "echo@1.0.0");
    assert_eq!(version(&*host.choose(1)?).await?, "1.0.0");
    let newer =
        host.upload(TenantId::DEFAULT, repacked("echo.wasm", "echo", "4.0.0", "worker", "echo")?).await?;
    assert!(newer.component.serving.is_empty(), "{:?}", newer.component.serving);
    assert_eq!(host.serving()?, "echo@1.0.0");
    let components = host.platform.components(&TenantId::default()).await?;
    let serving = |version: &str| {
        let found = components.iter().find(|component| component.version == *version);
        found.map(|component| component.serving.len())
    };
    assert_eq!(["1.0.0", "2.0.0", "3.0.0", "4.0.0"].map(serving), [Some(1), Some(0), Some(0), Some(0)]);
    // The same again changes nothing.
    assert_eq!(host.roll_out(plan(&[("echo@1.0.0", 100)])).await?.revision, rolled_out.revision);

    let began = host.choose(1)?;
    host.roll_out(plan(&[("echo@2.0.0", 100)])).await?;
    assert_eq!((host.serving()?.as_str(), version(&*began).await?.as_str()), ("echo@2.0.0", "1.0.0"));
    host.platform.delete_rollout(request("over")).await?;
    assert_eq!(host.serving()?, "echo@4.0.0");
    let gone = host.platform.delete_rollout(request("")).await;
    assert!(matches!(&gone, Err(PlatformError::NotFound { name, .. }) if name == "echo"), "{gone:?}");
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn what_a_rollout_names_stays() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = host(cache.path()).await?;
    host.roll_out(plan(&[("echo@1.0.0", 90), ("echo@2.0.0", 10)])).await?;
    for version in ["1.0.0", "2.0.0"] {
        let refused = host.delete(TenantId::DEFAULT, "echo", version).await;
        let expected = "roll out other versions with `fermata worker rollout echo`";
        assert!(
            matches!(&refused, Err(PlatformError::InvalidState(text)) if text.contains(expected)),
            "{refused:?}"
        );
    }
    host.delete(TenantId::DEFAULT, "echo", "3.0.0").await?;
    host.roll_back(None).await?;
    host.delete(TenantId::DEFAULT, "echo", "2.0.0").await?;
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_rolled_out_is_refused() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = host(cache.path()).await?;
    host.upload(TenantId::DEFAULT, repacked("echo.wasm", "other", "1.0.0", "worker", "other")?).await?;
    host.upload(TenantId::DEFAULT, repacked("echo.wasm", "conn", "1.0.0", "connector", "echo")?).await?;
    for (plan, expected) in [
        (plan(&[("echo@9.0.0", 100)]), "no component `echo@9.0.0` exists: upload it first"),
        (plan(&[("other@1.0.0", 100)]), "`other@1.0.0` does not do `echo`: its manifest names other"),
        (plan(&[("echo@1.0.0", 90), ("conn@1.0.0", 10)]), "are of different kinds"),
        (plan(&[("echo@1.0.0", 90)]), "the weights come to 90, expected 100"),
    ] {
        let refused = host.roll_out(plan).await.map(|rollout| rollout.revision);
        assert!(
            matches!(&refused, Err(PlatformError::Invalid(text)) if text.contains(expected)),
            "{expected}: {refused:?}"
        );
    }
    let long = host.platform.put_rollout(request(&"x".repeat(1_001)), plan(&[("echo@1.0.0", 100)])).await;
    assert!(matches!(&long, Err(PlatformError::Invalid(text)) if text.starts_with("reason:")), "{long:?}");
    assert!(host.platform.rollouts(&TenantId::default()).await?.is_empty());
    let history = host.platform.rollout_history(&TenantId::default(), "echo", None, 10).await?;
    let is_upload = |change: &api::RolloutChangeView| change.action == RolloutAction::Uploaded;
    assert!(history.len() == 3 && history.iter().all(is_upload), "{history:?}");
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn of_two_who_change_what_they_have_read_the_second_learns_of_the_first() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = host(cache.path()).await?;
    let change = async |expected: Expected, version: &str| {
        let request = RolloutRequest { expected, ..request("") };
        host.platform.put_rollout(request, plan(&[(version, 100)])).await.map(|rollout| rollout.revision)
    };
    let outdated = |result: &Result<i64, PlatformError>| matches!(result, Err(PlatformError::Outdated(_)));
    assert!(outdated(&change(Expected::Something, "echo@1.0.0").await));
    let first = change(Expected::Nothing, "echo@1.0.0").await?;
    assert!(outdated(&change(Expected::Nothing, "echo@2.0.0").await));
    let second = change(Expected::Revisions(vec![first]), "echo@2.0.0").await?;
    assert!(outdated(&change(Expected::Revisions(vec![first]), "echo@1.0.0").await));
    change(Expected::Revisions(vec![first, second]), "echo@1.0.0").await?;
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn going_back_is_going_to_the_stable_version_or_to_any_that_the_history_names() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = host(cache.path()).await?;
    let nothing = host.roll_back(None).await;
    assert!(matches!(&nothing, Err(PlatformError::NotFound { .. })), "{nothing:?}");
    let split = host.roll_out(plan(&[("echo@1.0.0", 60), ("echo@2.0.0", 40)])).await?;
    assert_eq!(shares(&host.roll_back(None).await?.plan), "echo@1.0.0 100");
    let first = host.roll_back(None).await;
    let expected = "no other stable version than `echo@1.0.0`";
    assert!(matches!(&first, Err(PlatformError::InvalidState(text)) if text.contains(expected)), "{first:?}");
    host.roll_out(plan(&[("echo@2.0.0", 100)])).await?;
    assert_eq!(shares(&host.roll_back(None).await?.plan), "echo@1.0.0 100");
    assert_eq!(shares(&host.roll_back(None).await?.plan), "echo@2.0.0 100");
    assert_eq!(shares(&host.roll_back(Some(split.revision)).await?.plan), "echo@1.0.0 60, echo@2.0.0 40");
    for revision in [0, split.revision + 100, i64::MAX] {
        let unknown = host.roll_back(Some(revision)).await;
        assert!(matches!(&unknown, Err(PlatformError::Invalid(_))), "{unknown:?}");
    }
    let history = host.platform.rollout_history(&TenantId::default(), "echo", None, 100).await?;
    let told: Vec<String> = history
        .iter()
        .rev()
        .map(|change| {
            let of = |plan: &Option<Value>| plan.as_ref().map(shares).unwrap_or_default();
            format!(
                "{} {:?} [{}] -> [{}]",
                change.changed_by,
                change.action,
                of(&change.from),
                of(&change.to)
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "anonymous Uploaded [] -> [echo@1.0.0 100]",
            "anonymous Uploaded [echo@1.0.0 100] -> [echo@2.0.0 100]",
            "anonymous Uploaded [echo@2.0.0 100] -> [echo@3.0.0 100]",
            "ann Set [] -> [echo@1.0.0 60, echo@2.0.0 40]",
            "ann RolledBack [echo@1.0.0 60, echo@2.0.0 40] -> [echo@1.0.0 100]",
            "ann Set [echo@1.0.0 100] -> [echo@2.0.0 100]",
            "ann RolledBack [echo@2.0.0 100] -> [echo@1.0.0 100]",
            "ann RolledBack [echo@1.0.0 100] -> [echo@2.0.0 100]",
            "ann RolledBack [echo@2.0.0 100] -> [echo@1.0.0 60, echo@2.0.0 40]",
        ]
    );
    assert_eq!(
        host.platform.rollout(&TenantId::default(), "echo").await?.map(|it| it.revision),
        history.first().map(|it| it.revision)
    );
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_canary_that_fails_is_given_up_by_the_host() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = host(cache.path()).await?;
    let mut plan = plan(&[("echo@1.0.0", 50), ("echo@3.0.0", 50)]);
    plan["guard"] = json!({ "failAbovePercent": 40, "afterAttempts": 3 });
    plan["pins"] = json!([{ "processDefinitionId": "other", "workerVersion": "^2" }]);
    let rolled_out = host.roll_out(plan).await?;
    let mut canaries = 0;
    for job in 0.. {
        let worker = host.choose(job)?;
        canaries += u32::from(worker.label().as_str() == "echo@3.0.0");
        let _ = run(&*worker).await;
        if canaries == 3 {
            break;
        }
    }
    let tenant = TenantId::default();
    let mut looks = 0..LOOKS_MAX;
    let present = loop {
        let present = host.platform.rollout(&tenant, "echo").await?.context("the roll-out")?;
        if present.revision != rolled_out.revision {
            break present;
        }
        ensure!(looks.next().is_some(), "the canary was not given up");
        tokio::task::yield_now().await;
    };
    assert_eq!(shares(&present.plan), "echo@1.0.0 100");
    assert_eq!(present.plan["pins"][0]["workerVersion"], "^2");
    assert_eq!(host.serving()?, "echo@1.0.0");
    let history = host.platform.rollout_history(&tenant, "echo", None, 1).await?;
    let change = history.first().context("a change")?;
    assert_eq!((change.action, change.changed_by.clone()), (RolloutAction::RolledBackByHost, Actor::host()));
    let expected = "`echo@3.0.0` failed in 3 of 3 attempts (100.0 %) within 60 s: at most 40 % were allowed";
    assert_eq!(change.reason, expected);
    assert_eq!(change.figures.as_ref().map(|figures| figures["failures"].clone()), Some(json!(3)));
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_canary_that_does_well_stays() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = host(cache.path()).await?;
    let mut plan = plan(&[("echo@1.0.0", 50), ("echo@2.0.0", 50)]);
    plan["guard"] = json!({ "failAbovePercent": 0, "afterAttempts": 1 });
    host.roll_out(plan).await?;
    for job in 0..40 {
        run(&*host.choose(job)?).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    }
    let present = host.platform.rollout(&TenantId::default(), "echo").await?.context("the roll-out")?;
    assert_eq!(present.counted.iter().map(|count| count.attempts).sum::<u64>(), 40);
    assert!(present.counted.iter().all(|count| count.attempts > 0 && count.failures == 0), "{present:?}");
    assert_eq!(shares(&present.plan), "echo@1.0.0 50, echo@2.0.0 50");
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_stored_rollout_is_followed_or_keeps_the_host_from_starting() -> anyhow::Result<()> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    put(&store, component("echo.wasm")?).await?;
    put(&store, component("echo-v2.wasm")?).await?;
    let change = |plan: String| store::RolloutChange {
        sequence: 0,
        tenant: TenantId::default(),
        job_type: "echo".into(),
        step: store::RolloutStep::Set,
        before: None,
        after: Some(plan),
        reason: String::new(),
        figures: None,
        digests: None,
        changed_at: AT,
        changed_by: Actor::default(),
    };
    store.change_rollout(change(plan(&[("echo@1.0.0", 100)]).to_string())).await?;
    assert_eq!(serving(&open(&store).await?)?.label().as_str(), "echo@1.0.0");
    // A type whose versions are gone still belongs to components: its jobs fail, and say why.
    store.change_rollout(change(plan(&[("echo@9.0.0", 100)]).to_string())).await?;
    let failed = run(&*serving(&open(&store).await?)?).await;
    assert!(format!("{failed:?}").contains("names `echo@9.0.0`, which is not here"), "{failed:?}");
    store.change_rollout(change("{}".to_owned())).await?;
    let refused = open(&store).await.map(drop).map_err(|error| format!("{error:#}"));
    assert!(
        refused.as_ref().is_err_and(|error| error.contains("the stored roll-out of `echo`")),
        "{refused:?}"
    );
    Ok(())
}

#[tokio::test]
async fn going_back_passes_over_versions_that_are_gone_and_says_so() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = host(cache.path()).await?;
    for version in ["echo@1.0.0", "echo@2.0.0", "echo@3.0.0"] {
        host.roll_out(plan(&[(version, 100)])).await?;
    }
    host.delete(TenantId::DEFAULT, "echo", "2.0.0").await?;
    assert_eq!(shares(&host.roll_back(None).await?.plan), "echo@1.0.0 100");
    let history = host.platform.rollout_history(&TenantId::default(), "echo", None, 1).await?;
    let expected = "back (passed over, because it cannot be rolled out any more: `echo@2.0.0`)";
    assert_eq!(history.first().map(|change| change.reason.as_str()), Some(expected));
    // With nothing left to go back to it names what there was.
    host.delete(TenantId::DEFAULT, "echo", "3.0.0").await?;
    let refused = host.roll_back(None).await;
    let expected = "than `echo@1.0.0` to go back to that can still be rolled out (there were `echo@3.0.0`, `echo@2.0.0`)";
    assert!(
        matches!(&refused, Err(PlatformError::InvalidState(text)) if text.contains(expected)),
        "{refused:?}"
    );
    assert_eq!(host.serving()?, "echo@1.0.0");
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_rollout_of_a_connector_that_came_with_the_host_tells_when_it_is_gone() -> anyhow::Result<()> {
    let (cache, connectors) = (tempfile::tempdir()?, tempfile::tempdir()?);
    std::fs::write(connectors.path().join("hubspot.wasm"), component("hubspot.wasm")?)?;
    let prebuilt = Prebuilt::read_folder(connectors.path(), sandbox::COMPONENT_BYTES_MAX)?;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let host = Host::start_on(&store, cache.path(), prebuilt, Policy::default()).await?;
    let job_type = "io.fermata:hubspot:1";
    let request = RolloutRequest { job_type: job_type.into(), ..request("") };
    let rolled_out = host.platform.put_rollout(request, plan(&[("hubspot@1.0.0", 100)])).await?;
    assert!(rolled_out.missing.is_empty(), "{rolled_out:?}");
    host.runtime.shut_down().await;

    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    let present = host.platform.rollout(&TenantId::default(), job_type).await?.context("the roll-out")?;
    assert_eq!(present.missing, [types::SharedStr::from("hubspot@1.0.0")]);
    let all = host.platform.rollouts(&TenantId::default()).await?;
    assert_eq!(all.iter().map(|rollout| rollout.missing.len()).collect::<Vec<_>>(), [1]);
    host.runtime.shut_down().await;
    Ok(())
}
