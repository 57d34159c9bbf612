//! What a host that was killed leaves behind, and what the next one makes of it.

use api::{Expected, RolloutRequest, Rollouts as _};
use runtime::Assignment;

use super::*;

/// The files of compiled code.
fn files(cache: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::read_dir(cache)?.map(|entry| Ok(entry?.path())).collect()
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_kill_whatever_became_of_compiled_code() -> anyhow::Result<()> {
    let (store, cache) = (Arc::new(MemoryStore::new()) as Arc<dyn Store>, tempfile::tempdir()?);
    let tenant = TenantId::default();
    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    for name in ["echo.wasm", "echo-v2.wasm"] {
        host.upload(tenant.as_str(), component(name)?).await?;
    }
    let request = RolloutRequest {
        tenant: tenant.clone(),
        actor: Actor::new("ann"),
        job_type: "echo".into(),
        reason: String::new(),
        expected: Expected::Anything,
    };
    let plan = json!({
        "versions": [{ "version": "echo@1.0.0", "weight": 100 }],
        "pins": [{ "processDefinitionId": "one-echo", "workerVersion": "^2" }],
    });
    let rollout = host.platform.put_rollout(request, plan).await?;
    let policy = json!({ "limits": { "wall_time_ms": 7_000 } });
    host.platform.put_grant(tenant.clone(), Actor::new("ann"), "echo", policy, String::new()).await?;
    host.runtime.abort().await;

    // The cache is not synced: half of a file may be there, or a file of which the store knows nothing.
    let written = files(cache.path())?;
    assert_eq!(written.len(), 2);
    let mut lengths = Vec::new();
    for path in &written {
        let file = std::fs::File::options().write(true).open(path)?;
        lengths.push(file.metadata()?.len());
        file.set_len(lengths[lengths.len() - 1] / 2)?;
    }
    let config = CacheConfig { dir: cache.path().to_owned(), key: [1; 32] };
    let lone = Sandbox::new(sandbox::Config { cache: Some(config), ..sandbox::Config::default() })?;
    lone.compile(component("answers.wasm")?).await?;
    assert_eq!(files(cache.path())?.len(), 3);

    let host = Host::start_on(&store, cache.path(), Vec::new(), Policy::default()).await?;
    let registry = &host.platform.changes.registry;
    registry.tidy_up().await;
    registry.warm_up().await;
    let compiled_again = || -> anyhow::Result<usize> {
        let mut again = 0;
        for (path, length) in written.iter().zip(&lengths) {
            again += usize::from(std::fs::metadata(path)?.len() == *length);
        }
        Ok(again)
    };
    assert_eq!(compiled_again()?, 1, "what serves is made ready at the start");
    assert_eq!(files(cache.path())?.len(), 2);
    let kept = host.platform.rollout(&tenant, "echo").await?.context("the roll-out")?;
    assert_eq!(
        (kept.revision, &kept.plan, &kept.changed_by),
        (rollout.revision, &rollout.plan, &Actor::new("ann"))
    );
    let assignment = Assignment {
        tenant: &tenant,
        job_type: "echo",
        job: JobKey::from_i64(1),
        attempt: 1,
        headers: &[],
        process_instance: ProcessInstanceKey::from_i64(2),
        process_definition: ProcessDefinitionKey::from_i64(3),
        bpmn_process_id: "another",
        process_version: 1,
    };
    let worker = registry.choose(&assignment).context("a version")?;
    assert_eq!((version(&*worker).await?.as_str(), worker.time_limit().as_secs()), ("1.0.0", 7));
    let pinned = registry.choose(&Assignment { bpmn_process_id: "one-echo", ..assignment });
    assert_eq!(version(&*pinned.context("a version")?).await?, "2.0.0");
    assert_eq!(compiled_again()?, 2, "the other one when it is needed");
    host.runtime.shut_down().await;
    Ok(())
}

async fn prepare(registry: &Registry, job_type: &str) -> anyhow::Result<runtime::Held> {
    let worker = registry.worker_for(&TenantId::default(), job_type).context("a worker")?;
    worker.prepare().await.map_err(|error| anyhow::anyhow!("{error:?}"))
}

#[tokio::test]
async fn an_attempt_that_is_prepared_does_not_load_its_code_again() -> anyhow::Result<()> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for name in ["echo.wasm", "answers.wasm"] {
        put(&store, component(name)?).await?;
    }
    // Room for nothing: what is loaded goes as soon as other code comes, unless an attempt holds it.
    let sandbox = Sandbox::new(sandbox::Config { loaded_bytes_max: 1, ..sandbox::Config::default() })?;
    let surroundings = surroundings_in(&store, sandbox, Policy::default()).await?;
    let registry = Registry::open(surroundings, Vec::new()).await?;
    let other = registry.job_types().into_iter().find(|(_, name)| name.as_str() != "echo");
    let (_, other) = other.context("another job type")?;
    let held = prepare(&registry, "echo").await?;
    assert!(held.code.is_some() && held.turn.is_some());
    prepare(&registry, &other).await?;
    // Without its bytes it could not be loaded again.
    delete(&store, "echo").await?;
    assert_eq!(version(&*serving(&registry)?).await?, "1.0.0");
    drop(held);
    prepare(&registry, &other).await?;
    let failed = run(&*serving(&registry)?).await;
    assert!(format!("{failed:?}").contains("it was deleted"), "{failed:?}");
    Ok(())
}
