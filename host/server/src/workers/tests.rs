//! The registry with real components, and the secrets of models.

mod durable;
mod figures;
mod rollouts;
mod serving;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use api::{Platform as _, PlatformError, RemovedVersion, Uploaded};
use async_trait::async_trait;
use runtime::{
    Attempted, CheckpointError, Checkpoints, JobExecutor, JobWorker, Runtime, SecretTokens, SystemClock,
};
use sandbox::{CacheConfig, Digest, Limits, Sandbox};
use serde_json::json;
use store::memory::MemoryStore;
use store::{
    ComponentRecord, ComponentSummary, DefinitionRecord, DeploymentRecord, GrantRecord, NewDeployment,
    Removal, ResourceRecord, ServingChange, Store,
};
use types::{
    Actor, DeploymentKey, ElementInstanceKey, JobError, JobKey, JobOutcome, JobRequest, PartitionId,
    ProcessDefinitionKey, ProcessInstanceKey, TenantId, Timestamp, Variables,
};

use super::catalog::{Origin, Version};
use super::code::{Code, LoadError};
use super::grant::Grant;
use super::models::ModelSecrets;
use super::platform::Workers;
use super::prebuilt::Prebuilt;
use super::registry::{Registry, Surroundings};
use crate::signature::{Distrust, Mode, Policy, SigningKey};
use crate::vault::{MasterKey, Tokens, Vault};

const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A component that `cargo xtask guests` has built.
fn component(name: &str) -> anyhow::Result<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/components");
    let path: PathBuf = folder.join(name);
    std::fs::read(&path)
        .with_context(|| format!("{} is missing: run `cargo xtask guests` first", path.display()))
}

fn key() -> anyhow::Result<MasterKey> {
    Ok(MasterKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "test")?)
}

async fn surroundings(store: &Arc<dyn Store>) -> anyhow::Result<Arc<Surroundings>> {
    surroundings_with(store, None, Policy::default()).await
}

async fn surroundings_with(
    store: &Arc<dyn Store>,
    cache: Option<CacheConfig>,
    signatures: Policy,
) -> anyhow::Result<Arc<Surroundings>> {
    let config = sandbox::Config { concurrency: 2, cache, ..sandbox::Config::default() };
    surroundings_in(store, Sandbox::new(config)?, signatures).await
}

async fn surroundings_in(
    store: &Arc<dyn Store>,
    sandbox: Sandbox,
    signatures: Policy,
) -> anyhow::Result<Arc<Surroundings>> {
    let key = key()?;
    let tokens: Arc<dyn SecretTokens> = Arc::new(Tokens::new(&key));
    Ok(Arc::new(Surroundings {
        store: Arc::clone(store),
        sandbox,
        vault: Arc::new(Vault::open(Arc::clone(store), &key).await?),
        models: ModelSecrets::new(Arc::clone(store), tokens),
        clock: Arc::new(SystemClock),
        limits: Limits::default(),
        signatures,
        component_bytes_max: sandbox::COMPONENT_BYTES_MAX,
    }))
}

async fn open(store: &Arc<dyn Store>) -> anyhow::Result<Registry> {
    Ok(Registry::open(surroundings(store).await?, Vec::new()).await?)
}

/// A whole platform in memory, with the code that it compiles in `cache` and the connectors of `prebuilt`.
struct Host {
    platform: Workers,
    runtime: Runtime,
}

impl Host {
    async fn start(cache: &Path, prebuilt: Vec<Prebuilt>) -> anyhow::Result<Self> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        Self::start_on(&store, cache, prebuilt, Policy::default()).await
    }

    async fn start_on(
        store: &Arc<dyn Store>,
        cache: &Path,
        prebuilt: Vec<Prebuilt>,
        signatures: Policy,
    ) -> anyhow::Result<Self> {
        let store = Arc::clone(store);
        let cache = CacheConfig { dir: cache.to_owned(), key: [1; 32] };
        let surroundings = surroundings_with(&store, Some(cache), signatures).await?;
        let (clock, tokens) = (Arc::clone(&surroundings.clock), Arc::new(Tokens::new(&key()?)));
        let registry = Arc::new(Registry::open(surroundings, prebuilt).await?);
        let executor = Arc::clone(&registry) as Arc<dyn JobExecutor>;
        let runtime = Runtime::start(store, clock, executor, tokens, runtime::Config::default()).await?;
        Ok(Self { platform: Workers::new(registry, runtime.handle.clone()), runtime })
    }

    async fn upload(&self, tenant: &str, bytes: Vec<u8>) -> Result<Uploaded, PlatformError> {
        self.platform.upload_component(TenantId::new(tenant), Actor::default(), bytes, None).await
    }

    async fn delete(&self, tenant: &str, name: &str, version: &str) -> Result<RemovedVersion, PlatformError> {
        let (tenant, reason) = (TenantId::new(tenant), "over".to_owned());
        self.platform.delete_component(&tenant, Actor::default(), name, version, reason).await
    }
}

/// Stores a component as an upload does.
async fn put(store: &Arc<dyn Store>, bytes: Vec<u8>) -> anyhow::Result<()> {
    let manifest = manifest::read(&bytes)?.context("a manifest")?;
    let summary = ComponentSummary {
        tenant: TenantId::default(),
        name: manifest.name.as_str().into(),
        version: manifest.version.to_string().into(),
        digest: Digest::of(&bytes).to_string().into(),
        size_bytes: bytes.len() as u64,
        manifest: String::from_utf8(manifest.to_json()?)?,
        sequence: 0,
        uploaded_at: AT,
        uploaded_by: Actor::default(),
        signature: None,
    };
    store.put_component(ComponentRecord { summary, bytes }, ServingChange::default()).await?;
    Ok(())
}

/// Takes version 1.0.0 of a component out of the store, behind the registry's back.
async fn delete(store: &Arc<dyn Store>, name: &str) -> anyhow::Result<()> {
    let removal = Removal { at: AT, by: Actor::default() };
    store.delete_component(&TenantId::default(), name, "1.0.0", removal, ServingChange::default()).await?;
    Ok(())
}

fn serving(registry: &Registry) -> anyhow::Result<Arc<dyn JobWorker>> {
    registry.worker_for(&TenantId::default(), "echo").context("no component serves `echo`")
}

struct NoCheckpoints;

#[async_trait]
impl Checkpoints for NoCheckpoints {
    fn saved(&self) -> Option<engine::state::Checkpoint> {
        None
    }

    async fn save(&self, _value: Vec<u8>) -> Result<(), CheckpointError> {
        Err(CheckpointError::Superseded)
    }
}

async fn run(worker: &dyn JobWorker) -> Result<JobOutcome, JobError> {
    attempt(worker, Variables::new(), Arc::new(NoCheckpoints)).await.result
}

async fn attempt(
    worker: &dyn JobWorker,
    variables: Variables,
    checkpoints: Arc<dyn Checkpoints>,
) -> Attempted {
    let request = JobRequest {
        key: JobKey::from_i64(1),
        job_type: "echo".into(),
        kind: types::JobKind::Task,
        attempt: 1,
        retries_left: 2,
        deadline: Timestamp::MAX,
        variables,
        headers: Vec::new(),
        idempotency_key: "test-1".to_owned(),
        process_instance: ProcessInstanceKey::from_i64(2),
        process_definition: ProcessDefinitionKey::from_i64(3),
        bpmn_process_id: "one-echo".into(),
        process_version: 1,
        element_id: "work".into(),
        element_instance: ElementInstanceKey::from_i64(4),
        tenant: TenantId::default(),
    };
    worker.run(request, checkpoints).await
}

/// The version that the component says it is.
async fn version(worker: &dyn JobWorker) -> anyhow::Result<String> {
    match run(worker).await {
        Ok(JobOutcome::Completed(variables)) => {
            let version = variables.get("workerVersion").context("no version")?;
            Ok(version.as_str().trim_matches('"').to_owned())
        }
        other => anyhow::bail!("{other:?}"),
    }
}

#[tokio::test]
async fn an_attempt_runs_on_the_version_it_began_with() -> anyhow::Result<()> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    put(&store, component("echo.wasm")?).await?;
    let registry = open(&store).await?;
    let began = serving(&registry)?;
    assert_eq!(version(&*began).await?, "1.0.0");

    let bytes = component("echo-v2.wasm")?;
    let second = Version {
        tenant: TenantId::default(),
        manifest: manifest::read(&bytes)?.context("a manifest")?,
        digest: Digest::of(&bytes),
        size_bytes: bytes.len() as u64,
        origin: Origin::Uploaded { sequence: i64::MAX },
        uploaded_at: AT,
        uploaded_by: Actor::default(),
        signed: None,
    };
    registry.surroundings.sandbox.compile(bytes).await?;
    registry.add(second);
    assert_eq!(version(&*serving(&registry)?).await?, "2.0.0");
    assert_eq!(version(&*began).await?, "1.0.0");

    let began = serving(&registry)?;
    registry.remove(&TenantId::default(), "echo", "2.0.0");
    assert_eq!(version(&*serving(&registry)?).await?, "1.0.0");
    assert_eq!(version(&*began).await?, "2.0.0");

    registry.remove(&TenantId::default(), "echo", "1.0.0");
    assert!(registry.worker_for(&TenantId::default(), "echo").is_none());
    assert!(registry.job_types().is_empty());
    Ok(())
}

#[tokio::test]
async fn code_is_loaded_once_and_before_the_first_job() -> anyhow::Result<()> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    put(&store, component("echo.wasm")?).await?;
    let registry = open(&store).await?;
    registry.warm_up().await;
    // Without its bytes a component that was loaded still runs, also with other grants.
    delete(&store, "echo").await?;
    registry.put_grant(TenantId::default(), Grant::nothing("echo"));
    assert_eq!(version(&*serving(&registry)?).await?, "1.0.0");

    // One that was not loaded fails its jobs, and says why.
    put(&store, component("echo.wasm")?).await?;
    let registry = open(&store).await?;
    delete(&store, "echo").await?;
    let failed = run(&*serving(&registry)?).await;
    let message = match &failed {
        Err(JobError::Failed(failure)) => failure.message.as_str(),
        other => anyhow::bail!("{other:?}"),
    };
    ensure!(message.contains("component `echo@1.0.0` cannot be loaded"), "{message}");
    ensure!(message.contains("it was deleted"), "{message}");
    Ok(())
}

#[tokio::test]
async fn compiled_code_goes_with_the_last_version_of_its_bytes() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let files = || std::fs::read_dir(cache.path()).map(Iterator::count);
    let host = Host::start(cache.path(), Vec::new()).await?;
    host.upload("one", component("echo.wasm")?).await?;
    host.upload("two", component("echo.wasm")?).await?;
    host.upload("one", component("echo-v2.wasm")?).await?;
    assert_eq!(files()?, 2);
    host.delete("one", "echo", "1.0.0").await?;
    assert_eq!(files()?, 2, "the other tenant still has it");
    host.delete("two", "echo", "1.0.0").await?;
    assert_eq!(files()?, 1);
    host.delete("one", "echo", "2.0.0").await?;
    assert_eq!(files()?, 0);
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn the_same_bytes_with_a_signature_sign_the_version_that_is_there() -> anyhow::Result<()> {
    let (cache, keys) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let key = |name: &str| SigningKey::generate(&keys.path().join(name));
    let (ours, theirs) = (key("ours")?, key("theirs")?);
    let bytes = component("echo.wasm")?;
    let by = |key: &SigningKey| key.sign(&Digest::of(&bytes)).to_string();
    let host = Host::start(cache.path(), Vec::new()).await?;
    let plain = host.upload("one", bytes.clone()).await?;
    assert!(plain.created && !plain.signed && plain.component.signed_by.is_none());

    let push = |actor: &'static str, signature: String| {
        let (tenant, actor) = (TenantId::new("one"), Actor::new(actor));
        host.platform.upload_component(tenant, actor, bytes.clone(), Some(signature))
    };
    let signed = push("release", by(&theirs)).await?;
    assert!(!signed.created && signed.signed);
    assert_eq!(signed.component.signed_by.as_deref(), Some(&*theirs.public().to_string()));
    assert_eq!(signed.component.signature_sent_by, Some(Actor::new("release")));
    assert_eq!(signed.component.uploaded_by, Actor::default());
    assert_eq!(signed.component.serving.len(), 1);
    // Again, and without a signature: nothing changes.
    for repeated in [push("other", by(&theirs)).await?, host.upload("one", bytes.clone()).await?] {
        assert!(!repeated.created && !repeated.signed);
        assert_eq!(repeated.component.signature_sent_by, Some(Actor::new("release")));
    }
    // A key that nobody trusts does not take its place, and nothing does that was not made for these bytes.
    let other = push("other", by(&ours)).await.map(drop);
    assert!(other.is_err(), "{other:?}");
    let stale = push("other", ours.sign(&Digest::of(b"other")).to_string()).await.map(drop);
    assert!(
        matches!(&stale, Err(PlatformError::Refused(problems)) if problems[0].code == "INVALID_SIGNATURE")
    );
    let list = host.platform.components(&TenantId::new("one")).await?;
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].signed_by, signed.component.signed_by);
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn a_version_that_gets_a_trusted_signature_runs_where_one_is_required() -> anyhow::Result<()> {
    let (cache, keys) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let key = |name: &str| SigningKey::generate(&keys.path().join(name));
    let (ours, theirs) = (key("ours")?, key("theirs")?);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let bytes = component("echo.wasm")?;
    put(&store, bytes.clone()).await?;
    let policy = Policy { mode: Mode::Required, trusted: vec![ours.public()] };
    let host = Host::start_on(&store, cache.path(), Vec::new(), policy).await?;
    let load = || async {
        let registry = &host.platform.changes.registry;
        let version = registry.find(&TenantId::default(), "echo", "1.0.0").context("echo")?;
        anyhow::Ok(
            Code::new(&version)
                .load(&registry.surroundings, std::time::Duration::from_secs(60))
                .await
                .map(drop),
        )
    };
    assert!(matches!(load().await?, Err(LoadError::Distrust(Distrust::Unsigned))));
    let push = |key: &SigningKey| {
        let signature = key.sign(&Digest::of(&bytes)).to_string();
        host.platform.upload_component(TenantId::default(), Actor::default(), bytes.clone(), Some(signature))
    };
    assert!(push(&theirs).await.is_err(), "its key is not trusted");
    assert!(push(&ours).await?.signed);
    load().await??;
    // The next start finds it.
    let stored = store.components().await?;
    assert!(
        stored[0]
            .signature
            .as_ref()
            .is_some_and(|signature| signature.text.contains(&ours.public().to_string()))
    );
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn what_came_with_the_host_keeps_its_bytes() -> anyhow::Result<()> {
    let (cache, connectors) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let bytes = component("hubspot.wasm")?;
    std::fs::write(connectors.path().join("hubspot.wasm"), &bytes)?;
    let prebuilt = Prebuilt::read_folder(connectors.path(), sandbox::COMPONENT_BYTES_MAX)?;
    let host = Host::start(cache.path(), prebuilt).await?;
    let tenant = TenantId::default();

    let same = host.upload(tenant.as_str(), bytes.clone()).await?;
    assert!(!same.created && same.component.prebuilt);
    // A custom section named `n` changes nothing but the bytes.
    let changed = [&bytes[..], &[0, 2, 1, b'n']].concat();
    let refused = host.upload(tenant.as_str(), changed).await.map(drop);
    assert!(
        matches!(&refused, Err(PlatformError::Conflict(text)) if text.contains("came with the host with other bytes")),
        "{refused:?}"
    );
    let deleted = host.delete(tenant.as_str(), "hubspot", "1.0.0").await;
    assert!(matches!(&deleted, Err(PlatformError::InvalidState(_))), "{deleted:?}");
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_is_told_apart_from_what_is_wrong() -> anyhow::Result<()> {
    let cache = tempfile::tempdir()?;
    let host = Host::start(cache.path(), Vec::new()).await?;
    let large = host.upload("one", vec![0; sandbox::COMPONENT_BYTES_MAX + 1]).await.map(drop);
    assert!(matches!(&large, Err(PlatformError::TooLarge(_))), "{large:?}");
    let wrong = host.upload("one", b"no component".to_vec()).await.map(drop);
    assert!(
        matches!(&wrong, Err(PlatformError::Refused(problems)) if problems[0].code == "NOT_WEBASSEMBLY"),
        "{wrong:?}"
    );
    let grant = json!({ "settings": { "a": "x".repeat(70_000) } });
    let put =
        host.platform.put_grant(TenantId::default(), Actor::default(), "crm", grant, String::new()).await;
    assert!(matches!(&put, Err(PlatformError::TooLarge(_))), "{put:?}");
    let secret = "x".repeat(70_000);
    let put =
        host.platform.put_secret(TenantId::default(), Actor::default(), "KEY", secret, String::new()).await;
    assert!(matches!(&put, Err(PlatformError::TooLarge(_))), "{put:?}");
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn grants_count_from_the_next_attempt_on() -> anyhow::Result<()> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    put(&store, component("echo.wasm")?).await?;
    let registry = open(&store).await?;
    let began = serving(&registry)?;
    let before = began.time_limit();
    registry
        .put_grant(TenantId::default(), Grant::read("echo", json!({ "limits": { "wall_time_ms": 7_000 } }))?);
    assert_eq!(serving(&registry)?.time_limit().as_secs(), 7);
    assert_eq!(began.time_limit(), before);
    Ok(())
}

#[tokio::test]
async fn a_stored_grant_that_makes_no_sense_grants_nothing() -> anyhow::Result<()> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for (component, policy) in [
        ("crm", r#"{"grants":{"hosts":["crm.example"]}}"#),
        ("erp", r#"{"grants":{"hosts":["*"]}}"#),
        ("pay", "no JSON"),
    ] {
        let record = GrantRecord {
            tenant: TenantId::default(),
            component: component.into(),
            policy: policy.to_owned(),
            changed_at: AT,
            changed_by: Actor::default(),
        };
        store.put_grant(record, "").await?;
    }
    let registry = open(&store).await?;
    assert_eq!(registry.grant(&TenantId::default(), "crm").grants.hosts.len(), 1);
    for component in ["erp", "pay"] {
        assert_eq!(registry.grant(&TenantId::default(), component), Grant::nothing(component));
    }
    Ok(())
}

#[tokio::test]
async fn a_token_counts_for_the_model_that_names_its_secret() -> anyhow::Result<()> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let tokens: Arc<dyn SecretTokens> = Arc::new(Tokens::new(&key()?));
    let models = ModelSecrets::new(Arc::clone(&store), Arc::clone(&tokens));
    let first = deploy(&store, 11, "MAIL_KEY").await?;
    let second = deploy(&store, 12, "PAY_KEY").await?;
    for (definition, own, foreign) in [(first, "MAIL_KEY", "PAY_KEY"), (second, "PAY_KEY", "MAIL_KEY")] {
        // No secret has a value: the names are known all the same.
        let names = models.of(definition).await?;
        assert_eq!(names.get(&tokens.token(own)).map(String::as_str), Some(own));
        assert_eq!(names.get(&tokens.token(foreign)), None);
    }
    assert!(models.of(ProcessDefinitionKey::from_i64(13)).await.is_err());
    Ok(())
}

/// Deploys a model whose one task names a secret.
async fn deploy(store: &Arc<dyn Store>, number: i64, secret: &str) -> anyhow::Result<ProcessDefinitionKey> {
    let (key, deployment) = (ProcessDefinitionKey::from_i64(number), DeploymentKey::from_i64(number + 100));
    let xml = format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="urn:test">
          <bpmn:process id="p{key}" isExecutable="true">
            <bpmn:startEvent id="start" />
            <bpmn:serviceTask id="work"><bpmn:extensionElements>
              <zeebe:taskDefinition type="mail" />
              <zeebe:ioMapping><zeebe:input source="{{{{secrets.{secret}}}}}" target="apiKey" /></zeebe:ioMapping>
            </bpmn:extensionElements></bpmn:serviceTask>
            <bpmn:sequenceFlow id="flow" sourceRef="start" targetRef="work" />
          </bpmn:process>
        </bpmn:definitions>"#
    );
    let (tenant, name, checksum) = (TenantId::default(), format!("{key}.bpmn"), [0; 32]);
    let new = NewDeployment {
        deployment: DeploymentRecord {
            key: deployment,
            tenant: tenant.clone(),
            at: AT,
            actor: Actor::default(),
        },
        resources: vec![ResourceRecord {
            deployment,
            name: name.as_str().into(),
            checksum,
            content: xml.into_bytes(),
        }],
        definitions: vec![DefinitionRecord {
            key,
            deployment,
            tenant,
            bpmn_process_id: format!("p{key}").into(),
            version: 1,
            name: None,
            version_tag: None,
            resource_name: name.as_str().into(),
            checksum,
        }],
        starts: vec![],
        decision_requirements: vec![],
        decisions: vec![],
        files: vec![],
        next_key_counter: 1_000,
    };
    store.deploy(PartitionId::FIRST, new).await?;
    Ok(key)
}
