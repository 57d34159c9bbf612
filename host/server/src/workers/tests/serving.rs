//! Whose a job type is, and what is remembered of versions, with real components.

use std::time::Duration;

use api::{Note, RolloutAction, Rollouts as _};
use runtime::{ActivateJobs, Resource, StartInstance};

use super::rollouts::{plan, repacked, request, shares};
use super::*;

fn codes(notes: &[Note]) -> Vec<&str> {
    notes.iter().map(|note| note.code.as_str()).collect()
}

async fn history(host: &Host) -> anyhow::Result<Vec<String>> {
    let changes = host.platform.rollout_history(&TenantId::default(), "echo", None, 100).await?;
    let told = changes.iter().rev().map(|change| {
        let of = |plan: &Option<serde_json::Value>| plan.as_ref().map(shares).unwrap_or_default();
        format!("{:?} [{}] -> [{}]", change.action, of(&change.from), of(&change.to))
    });
    Ok(told.collect())
}

fn thief(version: &str) -> anyhow::Result<Vec<u8>> {
    repacked("echo.wasm", "thief", version, "worker", "echo")
}

#[tokio::test]
async fn an_upload_of_another_component_takes_no_job_type_away() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    let first = host.upload(TenantId::DEFAULT, component("echo.wasm")?).await?;
    assert!(first.notes.is_empty(), "{:?}", first.notes);
    let other = host.upload(TenantId::DEFAULT, thief("9.0.0")?).await?;
    assert!(other.component.serving.is_empty(), "{:?}", other.component.serving);
    let expected = "`echo` is served by echo@1.0.0; `fermata worker rollout echo --version thief@9.0.0` gives it to thief";
    assert_eq!(other.notes, [Note { code: "SERVED_BY_OTHER".to_owned(), message: expected.to_owned() }]);
    assert_eq!(codes(&host.upload(TenantId::DEFAULT, thief("9.0.0")?).await?.notes), ["SERVED_BY_OTHER"]);
    assert_eq!(host.serving()?, "echo@1.0.0");
    // The component that has it goes on with its own versions, also when the first of them is gone.
    host.upload(TenantId::DEFAULT, component("echo-v2.wasm")?).await?;
    host.delete(TenantId::DEFAULT, "echo", "1.0.0").await?;
    assert_eq!(host.serving()?, "echo@2.0.0");
    // A roll-out gives it away, as long as it is there.
    host.roll_out(plan(&[("thief@9.0.0", 100)])).await?;
    assert_eq!(host.serving()?, "thief@9.0.0");
    host.platform.delete_rollout(request("over")).await?;
    assert_eq!(host.serving()?, "echo@2.0.0");
    host.runtime.shut_down().await;

    // Whoever opens the same database sees the same.
    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    assert_eq!(host.serving()?, "echo@2.0.0");
    let removed = host.delete(TenantId::DEFAULT, "echo", "2.0.0").await?;
    let served = removed.served.first().context("it has served `echo`")?;
    assert_eq!(
        (served.served_by.as_deref(), served.waiting_jobs, removed.served.len()),
        (Some("thief@9.0.0"), None, 1)
    );
    let back = host.upload(TenantId::DEFAULT, component("echo-v2.wasm")?).await?;
    assert_eq!((host.serving()?.as_str(), codes(&back.notes)), ("thief@9.0.0", vec!["SERVED_BY_OTHER"]));
    host.delete(TenantId::DEFAULT, "echo", "2.0.0").await?;
    let last = host.delete(TenantId::DEFAULT, "thief", "9.0.0").await?;
    let served = last.served.first().context("it has served `echo`")?;
    assert_eq!((served.served_by.as_deref(), served.waiting_jobs), (None, Some(0)));
    assert_eq!(
        history(&host).await?,
        [
            "Uploaded [] -> [echo@1.0.0 100]",
            "Uploaded [echo@1.0.0 100] -> [echo@2.0.0 100]",
            "Set [] -> [thief@9.0.0 100]",
            "Removed [thief@9.0.0 100] -> []",
            "VersionRemoved [echo@2.0.0 100] -> [thief@9.0.0 100]",
            "VersionRemoved [thief@9.0.0 100] -> []",
        ]
    );
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn what_a_database_of_before_serves_stays() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    // Without rows that say whose the types are, the newest upload of all served.
    put(&store, component("echo.wasm")?).await?;
    put(&store, thief("1.0.0")?).await?;
    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    assert_eq!(host.serving()?, "thief@1.0.0");
    let newer = host.upload(TenantId::DEFAULT, component("echo-v2.wasm")?).await?;
    assert_eq!((host.serving()?.as_str(), codes(&newer.notes)), ("thief@1.0.0", vec!["SERVED_BY_OTHER"]));
    host.runtime.shut_down().await;
    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    assert_eq!(host.serving()?, "thief@1.0.0");
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn an_upload_of_a_lower_version_serves_and_says_so() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = Host::start(cache.path(), Vec::new()).await?;
    host.upload(TenantId::DEFAULT, component("echo-v2.wasm")?).await?;
    let lower = host.upload(TenantId::DEFAULT, component("echo.wasm")?).await?;
    assert_eq!((host.serving()?.as_str(), codes(&lower.notes)), ("echo@1.0.0", vec!["LOWER_VERSION"]));
    let again = host.upload(TenantId::DEFAULT, component("echo-v2.wasm")?).await?;
    assert_eq!(codes(&again.notes), ["SERVED_BY_LATER_UPLOAD"]);
    host.roll_out(plan(&[("echo@2.0.0", 100)])).await?;
    let newer = host.upload(TenantId::DEFAULT, thief("1.0.0")?).await?;
    assert_eq!(codes(&newer.notes), ["ROLLED_OUT"]);
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_version_that_was_removed_keeps_its_bytes() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    for bytes in [component("echo.wasm")?, component("echo-v2.wasm")?] {
        host.upload(TenantId::DEFAULT, bytes).await?;
    }
    for version in ["echo@1.0.0", "echo@2.0.0"] {
        host.roll_out(plan(&[(version, 100)])).await?;
    }
    host.delete(TenantId::DEFAULT, "echo", "1.0.0").await?;
    host.runtime.shut_down().await;

    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    let other = repacked("hostile.wasm", "echo", "1.0.0", "worker", "echo")?;
    let refused = host.upload(TenantId::DEFAULT, other).await.map(drop);
    let digest = Digest::of(&component("echo.wasm")?).to_string();
    assert!(
        matches!(&refused, Err(PlatformError::Conflict(text)) if text.contains(&digest) && text.contains("such as 2.0.1")),
        "{refused:?}"
    );
    assert!(host.roll_back(None).await.is_err(), "there is nothing to go back to");
    let back = host.upload(TenantId::DEFAULT, component("echo.wasm")?).await?;
    assert!(back.created);
    assert_eq!(shares(&host.roll_back(None).await?.plan), "echo@1.0.0 100");
    assert_eq!(version(&*host.choose(1)?).await?, "1.0.0");
    let changes = host.platform.rollout_history(&TenantId::default(), "echo", None, 1).await?;
    assert_eq!(changes[0].action, RolloutAction::RolledBack);
    assert_eq!(changes[0].digests.get("echo@1.0.0"), Some(&digest));
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_job_that_somebody_does_is_not_one_that_waits() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = Host::start(cache.path(), Vec::new()).await?;
    let (handle, tenant) = (&host.runtime.handle, TenantId::default());
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e/models/one-echo.bpmn");
    let resource = Resource { name: "one-echo.bpmn".to_owned(), content: std::fs::read(model)? };
    let (deployed, _) = handle.deploy(tenant.clone(), Actor::default(), vec![resource]).await?;
    for _ in 0..2 {
        let start = StartInstance {
            definition: deployed.processes[0].key,
            tenant: tenant.clone(),
            variables: Variables::new(),
            business_id: None,
            tags: Vec::new(),
            start: Default::default(),
            ends_after: Vec::new(),
            actor: Actor::default(),
        };
        handle.start_instance(start).await?;
    }
    assert_eq!(host.platform.jobs_waiting(&tenant, "echo").await, Some(2));
    let activate = ActivateJobs {
        job_type: "echo".into(),
        worker: "ann".into(),
        timeout: Duration::from_secs(3_600),
        jobs_max: 1,
        wait: Duration::from_secs(60),
        fetch_variables: None,
        tenants: vec![tenant.clone()],
        actor: Actor::default(),
    };
    assert_eq!(handle.activate_jobs(activate).await?.len(), 1);
    assert_eq!(host.platform.jobs_waiting(&tenant, "echo").await, Some(1));
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn nobody_goes_back_to_what_was_no_rollout() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = Host::start(cache.path(), Vec::new()).await?;
    for bytes in [component("echo.wasm")?, component("echo-v2.wasm")?] {
        host.upload(TenantId::DEFAULT, bytes).await?;
    }
    host.delete(TenantId::DEFAULT, "echo", "2.0.0").await?;
    let changes = host.platform.rollout_history(&TenantId::default(), "echo", None, 10).await?;
    assert_eq!(changes[0].reason, "over");
    for (change, what) in changes.iter().zip(["the removal of a version", "an upload", "an upload"]) {
        let refused = host.roll_back(Some(change.revision)).await.map(|rollout| rollout.revision);
        let expected = format!("change {} of `echo` was {what} and no roll-out", change.revision);
        assert!(
            matches!(&refused, Err(PlatformError::Invalid(text))
                if text.contains(&expected) && text.contains("`fermata worker rollout echo --version")),
            "{refused:?}"
        );
    }
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_version_after_which_none_comes_is_refused_without_a_suggestion() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = Host::start(cache.path(), Vec::new()).await?;
    let last = format!("1.0.{}", u64::MAX);
    host.upload(TenantId::DEFAULT, repacked("echo.wasm", "echo", &last, "worker", "echo")?).await?;
    let other = repacked("echo-v2.wasm", "echo", &last, "worker", "echo")?;
    let refused = host.upload(TenantId::DEFAULT, other).await.map(drop);
    assert!(
        matches!(&refused, Err(PlatformError::Conflict(text)) if text.ends_with("give this one another")),
        "{refused:?}"
    );
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn nobody_goes_back_to_code_that_is_not_what_it_was() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for bytes in [component("echo.wasm")?, component("echo-v2.wasm")?] {
        put(&store, bytes).await?;
    }
    let change = |before: Option<&str>, after: &str, digests: serde_json::Value| store::RolloutChange {
        sequence: 0,
        tenant: TenantId::default(),
        job_type: "echo".into(),
        step: store::RolloutStep::Set,
        before: before.map(|label| plan(&[(label, 100)]).to_string()),
        after: Some(plan(&[(after, 100)]).to_string()),
        reason: String::new(),
        figures: None,
        digests: Some(digests.to_string()),
        changed_at: AT,
        changed_by: Actor::default(),
    };
    let digests = json!({ "echo@1.0.0": "00" });
    let first = store.change_rollout(change(None, "echo@1.0.0", digests.clone())).await?;
    store.change_rollout(change(Some("echo@1.0.0"), "echo@2.0.0", digests)).await?;
    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    let refused = host.roll_back(Some(first)).await.map(|rollout| rollout.revision);
    let expected =
        format!("`echo@1.0.0` is not the code any more that it was at change {first} (digest 00, now");
    assert!(
        matches!(&refused, Err(PlatformError::InvalidState(text)) if text.contains(&expected)),
        "{refused:?}"
    );
    let refused = host.roll_back(None).await.map(|rollout| rollout.revision);
    assert!(
        matches!(&refused, Err(PlatformError::InvalidState(text)) if text.contains("there were `echo@1.0.0`")),
        "{refused:?}"
    );
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_version_that_nobody_trusts_any_more_is_marked() -> anyhow::Result<()> {
    let (cache, keys) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    put(&store, component("echo.wasm")?).await?;
    let trusted = vec![SigningKey::generate(&keys.path().join("ours"))?.public()];
    let policy = Policy { mode: Mode::Required, trusted };
    let host = Host::start_on(&store, cache.path(), Vec::new(), policy).await?;
    let components = host.platform.components(&TenantId::default()).await?;
    let untrusted = components.first().and_then(|component| component.untrusted.clone());
    assert!(untrusted.is_some_and(|why| why.contains("it is not signed")));
    let rollout = host.roll_out(plan(&[("echo@1.0.0", 100)])).await?;
    assert_eq!(codes(&rollout.notes), ["UNTRUSTED_VERSION"]);
    let failed = format!("{:?}", run(&*host.choose(1)?).await);
    assert!(failed.contains("`fermata worker push FILE.wasm --key KEY`"), "{failed}");
    assert_eq!(failed.matches("--key").count(), 1, "{failed}");
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn rules_for_processes_that_are_not_here_are_noted() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = Host::start(cache.path(), Vec::new()).await?;
    for bytes in [component("echo.wasm")?, component("echo-v2.wasm")?] {
        host.upload(TenantId::DEFAULT, bytes).await?;
    }
    deploy(&host.platform.changes.registry.surroundings.store, 11, "MAIL_KEY").await?;
    let mut wanted = plan(&[("echo@1.0.0", 50), ("echo@2.0.0", 50)]);
    wanted["process"] = json!({ "processDefinitionId": "nosuchprocess" });
    wanted["pins"] = json!([
        { "processDefinitionId": "gone", "processDefinitionVersion": 77, "workerVersion": "^1" },
        { "processDefinitionId": "p11", "workerVersion": "^1" },
        { "processDefinitionId": "p11", "processDefinitionVersion": 1, "workerVersion": "^1" },
        { "processDefinitionId": "p11", "processDefinitionVersion": 2, "workerVersion": "^1" },
    ]);
    let rollout = host.roll_out(wanted).await?;
    let told: Vec<&str> = rollout.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "process: no process `nosuchprocess` is deployed here: the rule waits for one",
            "pins: no process `gone` version 77 is deployed here: the rule waits for one",
            "pins: no process `p11` version 2 is deployed here: the rule waits for one",
        ]
    );
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_change_of_a_grant_is_remembered_with_its_reason() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = Host::start(cache.path(), Vec::new()).await?;
    let tenant = TenantId::default();
    let put = |grant: serde_json::Value, reason: &str| {
        host.platform.put_grant(tenant.clone(), Actor::new("ann"), "crm", grant, reason.to_owned())
    };
    put(json!({ "grants": { "hosts": ["crm.example"] } }), "first").await?;
    put(json!({ "settings": { "a": "1" } }), "").await?;
    assert!(put(json!({}), &"x".repeat(1_001)).await.is_err());
    // The same again is no change, and no attempt that is prepared has to choose anew.
    let generation = host.platform.changes.registry.generation();
    put(json!({ "settings": { "a": "1" } }), "again").await?;
    assert_eq!(host.platform.changes.registry.generation(), generation);
    let changes = host.platform.grant_history(&tenant, "crm", None, 10).await?;
    let told: Vec<_> = changes.iter().map(|change| (change.reason.as_str(), change.from.is_some())).collect();
    assert_eq!(told, [("", true), ("first", false)]);
    let to = changes[1].to.as_ref().context("what was granted")?;
    assert_eq!(
        (to["grants"]["hosts"][0].as_str(), changes[0].from.as_ref()),
        (Some("crm.example"), Some(to))
    );
    host.runtime.shut_down().await;
    Ok(())
}
