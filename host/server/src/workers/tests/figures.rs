//! How attempts of real components are counted, and whose fault a failure is.

use api::{AttemptEnd, WorkView};

use super::*;

/// A store that does not answer.
struct Unavailable;

#[async_trait]
impl Checkpoints for Unavailable {
    fn saved(&self) -> Option<engine::state::Checkpoint> {
        None
    }

    async fn save(&self, _value: Vec<u8>) -> Result<(), CheckpointError> {
        Err(CheckpointError::Unavailable("no connection".to_owned()))
    }
}

/// Has `hostile` store a checkpoint.
fn stores_a_checkpoint() -> anyhow::Result<Variables> {
    Ok(Variables::parse(r#"{"attack": "checkpoint-flood", "amount": 1}"#)?)
}

#[tokio::test]
async fn versions_tell_how_their_attempts_have_gone() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = Host::start(cache.path(), Vec::new()).await?;
    host.upload(TenantId::DEFAULT, component("echo.wasm")?).await?;
    let worker = serving(&host.platform.changes.registry)?;
    assert!(host.platform.figures().is_empty(), "nobody has done anything yet");
    for _ in 0..3 {
        run(&*worker).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    }
    let work = |host: &Host| {
        let (platform, tenant) = (&host.platform, TenantId::default());
        let components = futures_util::FutureExt::now_or_never(platform.components(&tenant));
        components?.ok()?.into_iter().find_map(|component| component.work)
    };
    let told: WorkView = work(&host).context("the version's work")?;
    assert_eq!((told.attempts, told.completed, told.running, told.failed), (3, 3, 0, 0));
    assert!(told.p50_us > Some(0) && told.p99_us >= told.p50_us, "{told:?}");
    assert!(told.cpu_us_per_attempt > Some(0) && told.memory_peak_bytes >= 65_536, "{told:?}");
    // Grants and further versions take nothing of it away.
    let grant = json!({ "limits": { "wall_time_ms": 7_000 } });
    let tenant = TenantId::default();
    host.platform.put_grant(tenant.clone(), Actor::default(), "echo", grant, String::new()).await?;
    host.upload(TenantId::DEFAULT, component("echo-v2.wasm")?).await?;
    let figures = host.platform.figures();
    let all: Vec<_> = figures.iter().map(|of| (&*of.component, &*of.version, of.figures.ended[0])).collect();
    assert_eq!(all, [("echo", "1.0.0", 3)]);
    // They go with the version.
    drop(worker);
    host.delete(TenantId::DEFAULT, "echo", "1.0.0").await?;
    assert!(host.platform.figures().is_empty());
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn what_a_component_can_do_nothing_about_is_the_hosts_failure() -> anyhow::Result<()> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    put(&store, component("hostile.wasm")?).await?;
    let registry = open(&store).await?;
    let worker = registry.worker_for(&TenantId::default(), "hostile").context("`hostile` is there")?;
    let let_down = attempt(&*worker, stores_a_checkpoint()?, Arc::new(Unavailable)).await;
    assert!(let_down.is_hosts_failure && let_down.result.is_err(), "{let_down:?}");
    // A checkpoint that is refused is no fault of the host's, nor is a component's own.
    let refused = attempt(&*worker, stores_a_checkpoint()?, Arc::new(NoCheckpoints)).await;
    assert!(!refused.is_hosts_failure && refused.result.is_err(), "{refused:?}");
    let broken = attempt(&*worker, Variables::new(), Arc::new(Unavailable)).await;
    assert!(!broken.is_hosts_failure && broken.result.is_err(), "{broken:?}");
    let figures = registry.all_figures().pop().context("figures")?.figures;
    assert_eq!((figures.ended(AttemptEnd::HostFailure), figures.ended(AttemptEnd::Failed)), (1, 2));

    // Code that cannot be loaded.
    let registry = open(&store).await?;
    let worker = registry.worker_for(&TenantId::default(), "hostile").context("`hostile` is there")?;
    delete(&store, "hostile").await?;
    let not_loaded = attempt(&*worker, Variables::new(), Arc::new(NoCheckpoints)).await;
    assert!(not_loaded.is_hosts_failure, "{not_loaded:?}");
    Ok(())
}
