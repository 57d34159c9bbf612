//! What is accepted as a component, and the cache of compiled code.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fermata_sandbox::{CacheConfig, Component, Config, Digest, Error, Sandbox};
use serde_json::json;
use tokio::sync::Notify;

use crate::support::{
    Bench, OTHER_EXPORT, built, completed, config, core_module, other_world, sandbox, small,
};

/// Longer than any of these takes.
const PATIENCE: Duration = Duration::MAX;

/// A sandbox that keeps nothing.
fn without_cache() -> Config {
    Config { cache: None, ..config() }
}

async fn refusal(bytes: Vec<u8>) -> String {
    match sandbox().compile(bytes).await {
        Ok(component) => panic!("{component:?} was accepted"),
        Err(error) => error.to_string(),
    }
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the component is well-formed")
}

/// Bytes that look random and are the same in every run.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}

#[tokio::test]
async fn fifty_megabytes_of_noise_are_no_component() {
    assert!(refusal(noise(50 << 20)).await.starts_with("not a WebAssembly component"));
    // Behind the right beginning the noise is found out by the parser.
    let mut disguised = small("", "i32.const 256")[..8].to_vec();
    disguised.extend(noise(50 << 20));
    assert!(refusal(disguised).await.starts_with("not a valid WebAssembly component: "));
    assert!(refusal(Vec::new()).await.starts_with("not a WebAssembly component"));
}

#[tokio::test]
async fn fifty_megabytes_of_noise_in_a_component_meet_the_limit_of_its_size() {
    let mut carrier = small("", "i32.const 256");
    let noise = noise(50 << 20);
    // A custom section named `n`: its id, its size in LEB128, its name, its content.
    carrier.push(0);
    let mut size = noise.len() + 2;
    while size >= 128 {
        carrier.push((size % 128) as u8 | 128);
        size /= 128;
    }
    carrier.extend([size as u8, 1, b'n']);
    carrier.extend(noise);

    let tight = Config { component_bytes_max: carrier.len() - 1, ..without_cache() };
    let error = Sandbox::new(tight).expect("it starts").compile(carrier.clone()).await;
    assert!(matches!(error, Err(Error::TooLarge { .. })), "{error:?}");
    let bench = Bench::of(without_cache(), carrier).await;
    assert_eq!(completed(&bench.run(json!({}), Default::default()).await), json!({}));
}

#[tokio::test]
async fn a_core_module_is_told_apart() {
    let message = refusal(core_module("", "i32.const 256")).await;
    assert!(message.starts_with("a core WebAssembly module, not a component"), "{message}");
}

#[tokio::test]
async fn another_world_is_told_by_its_exports() {
    assert_eq!(
        refusal(component("(component)")).await,
        "the component is written for another world: \
         expected an export `fermata:worker/handler@0.2.0` or \
         `fermata:worker/handler@0.1.0`, found no exports"
    );
    let message = refusal(component(
        r#"(component (component $c) (instance $i (instantiate $c)) (export "wasi:cli/run@0.2.12" (instance $i)))"#,
    ))
    .await;
    assert!(message.ends_with("found `wasi:cli/run@0.2.12`"), "{message}");
}

#[tokio::test]
async fn a_whole_component_of_another_world_is_told_by_its_exports() {
    assert_eq!(
        refusal(other_world()).await,
        format!(
            "the component is written for another world: \
             expected an export `fermata:worker/handler@0.2.0` or \
             `fermata:worker/handler@0.1.0`, found `{OTHER_EXPORT}`"
        )
    );
}

#[tokio::test]
async fn a_handler_of_another_shape_is_refused() {
    let message = refusal(component(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $h (export "handle" (func $f)))
            (export "fermata:worker/handler@0.1.0" (instance $h)))"#,
    ))
    .await;
    assert!(message.starts_with("the export `fermata:worker/handler@0.1.0` has another shape"), "{message}");
}

#[tokio::test]
async fn an_unknown_import_is_named() {
    let mut bytes =
        component(r#"(component (import "acme:ledger/book@1.0.0" (instance (export "f" (func)))))"#);
    let message = refusal(std::mem::take(&mut bytes)).await;
    // Without a handler the export is what is told first.
    assert!(message.contains("another world"), "{message}");

    let message = refusal(component(
        r#"(component
            (import "acme:ledger/book@1.0.0" (instance $book (export "f" (func))))
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $h (export "handle" (func $f)))
            (export "fermata:worker/handler@0.1.0" (instance $h)))"#,
    ))
    .await;
    assert!(message.starts_with("the component needs what this host does not offer: "), "{message}");
    assert!(message.contains("`acme:ledger/book@1.0.0`"), "{message}");
}

#[tokio::test]
async fn what_begins_as_a_component_and_goes_wrong_is_invalid() {
    let bytes = built("hostile");
    let message = refusal(bytes[..bytes.len() / 2].to_vec()).await;
    assert!(message.starts_with("not a valid WebAssembly component: "), "{message}");
}

/// A folder for compiled code, and a component whose bytes can be asked for.
struct Kept {
    dir: tempfile::TempDir,
    bytes: Vec<u8>,
    digest: Digest,
    asked: Arc<AtomicUsize>,
}

impl Kept {
    fn new() -> Self {
        let bytes = small("", "i32.const 256");
        Self {
            dir: tempfile::tempdir().expect("a folder"),
            digest: Digest::of(&bytes),
            bytes,
            asked: Arc::default(),
        }
    }

    fn sandbox(&self, key: u8) -> Sandbox {
        let cache = Some(CacheConfig { dir: self.dir.path().to_owned(), key: [key; 32] });
        Sandbox::new(Config { cache, ..config() }).expect("the sandbox starts")
    }

    async fn load(&self, sandbox: &Sandbox) -> Component {
        let (asked, bytes) = (Arc::clone(&self.asked), self.bytes.clone());
        let read = move || async move {
            asked.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(bytes)
        };
        sandbox.load(&self.digest, PATIENCE, read).await.expect("the component loads")
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn files(&self) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(self.dir.path()).expect("the folder is there");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    fn file(&self) -> std::path::PathBuf {
        let files = self.files();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

#[tokio::test]
async fn compiled_code_outlives_the_host() {
    let kept = Kept::new();
    assert_eq!(kept.load(&kept.sandbox(1)).await.digest(), &kept.digest);
    assert_eq!(kept.asked(), 1);
    let name = kept.file();
    assert!(name.to_string_lossy().contains(&kept.digest.to_string()));
    // The second host needs the bytes no more.
    kept.load(&kept.sandbox(1)).await;
    assert_eq!(kept.asked(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn compiled_code_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let kept = Kept::new();
    let dir = kept.dir.path().join("compiled");
    let cache = Some(CacheConfig { dir: dir.clone(), key: [1; 32] });
    let sandbox = Sandbox::new(Config { cache, ..config() }).expect("the sandbox starts");
    kept.load(&sandbox).await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let entries = std::fs::read_dir(&dir).expect("the folder is there");
    let files: Vec<u32> = entries.map(|entry| mode(&entry.expect("an entry").path())).collect();
    assert_eq!((mode(&dir), files.as_slice()), (0o700, [0o600].as_slice()));
}

#[tokio::test]
async fn code_that_this_host_did_not_write_is_compiled_again() {
    let kept = Kept::new();
    kept.load(&kept.sandbox(1)).await;
    assert_eq!(kept.asked(), 1);
    // Another key, then every way to damage the file.
    kept.load(&kept.sandbox(2)).await;
    assert_eq!(kept.asked(), 2);
    let good = std::fs::read(kept.file()).expect("it is there");
    for (number, damage) in [
        |file: &mut Vec<u8>| file[0] ^= 1,
        |file: &mut Vec<u8>| *file.last_mut().expect("not empty") ^= 1,
        |file: &mut Vec<u8>| file.truncate(10),
        |file: &mut Vec<u8>| file.clear(),
        |file: &mut Vec<u8>| file.push(0),
    ]
    .into_iter()
    .enumerate()
    {
        let mut file = good.clone();
        damage(&mut file);
        std::fs::write(kept.file(), file).expect("it can be written");
        // A host that starts: another one has the code in memory.
        kept.load(&kept.sandbox(2)).await;
        assert_eq!(kept.asked(), 3 + number);
        assert_eq!(std::fs::read(kept.file()).expect("it is there"), good, "written anew");
    }
}

#[tokio::test]
async fn the_code_of_one_component_does_not_pass_for_another() {
    let kept = Kept::new();
    kept.load(&kept.sandbox(1)).await;
    let other = built("echo");
    let renamed =
        kept.file().to_string_lossy().replace(&kept.digest.to_string(), &Digest::of(&other).to_string());
    std::fs::rename(kept.file(), &renamed).expect("it can be renamed");
    let asked = Arc::new(AtomicUsize::new(0));
    let (digest, counted) = (Digest::of(&other), Arc::clone(&asked));
    let read = move || async move {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(other)
    };
    let loaded = kept.sandbox(1).load(&digest, PATIENCE, read).await;
    assert!(loaded.is_ok(), "{loaded:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn code_of_other_runtimes_and_of_removed_components_goes_away() {
    let kept = Kept::new();
    let stale = kept.dir.path().join(format!("{}-0123456789abcdef.cwasm", kept.digest));
    let somebody_elses = kept.dir.path().join("notes-2.cwasm");
    std::fs::write(&stale, "code").expect("it can be written");
    std::fs::write(&somebody_elses, "text").expect("it can be written");
    let sandbox = kept.sandbox(1);
    assert_eq!(kept.file(), somebody_elses);
    kept.load(&sandbox).await;
    assert_eq!(kept.files().len(), 2);
    sandbox.forget(&kept.digest).await.expect("it is removed");
    assert_eq!(kept.file(), somebody_elses);
}

#[tokio::test]
async fn what_an_interrupted_write_has_left_goes_away() {
    let kept = Kept::new();
    let left =
        |number: u32| kept.dir.path().join(format!("{}-0123456789abcdef.17-{number}.tmp", kept.digest));
    let somebody_elses = kept.dir.path().join("notes-2.tmp");
    for path in [left(1), left(2), somebody_elses.clone()] {
        std::fs::write(path, "half of the code").expect("it can be written");
    }
    for path in [left(1), somebody_elses.clone()] {
        let file = std::fs::File::options().write(true).open(path).expect("it is there");
        let long_ago = file.metadata().and_then(|metadata| metadata.modified()).expect("a time")
            - std::time::Duration::from_secs(2 * 60 * 60);
        file.set_modified(long_ago).expect("it can be dated back");
    }
    let _sandbox = kept.sandbox(1);
    let mut files = kept.files();
    files.sort();
    // A young one may be another process's that is still being written.
    assert_eq!(files, [left(2), somebody_elses]);
}

#[tokio::test]
async fn bytes_that_were_changed_or_lost_are_told() {
    let kept = Kept::new();
    let sandbox = kept.sandbox(1);
    let read = || async { Ok::<_, Infallible>(built("echo")) };
    let changed = sandbox.load(&kept.digest, PATIENCE, read).await.err();
    assert!(matches!(changed.as_deref(), Some(Error::DigestDiffers { .. })), "{changed:?}");
    let lost = sandbox.load(&kept.digest, PATIENCE, || async { Err::<Vec<u8>, _>("gone") }).await.err();
    assert!(matches!(lost.as_deref(), Some(Error::Unavailable(_))), "{lost:?}");
    assert_eq!(kept.files(), [""; 0].map(Path::new));
    // The next who asks begins anew.
    kept.load(&sandbox).await;
    assert_eq!(kept.asked(), 1);
}

#[tokio::test]
async fn loading_goes_on_when_whoever_has_asked_goes_away_and_all_wait_for_the_same() {
    let kept = Kept::new();
    let sandbox = kept.sandbox(1);
    let (comes, asked) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (bytes, gate, ring) = (kept.bytes.clone(), Arc::clone(&comes), Arc::clone(&asked));
    let read = move || async move {
        ring.notify_one();
        gate.notified().await;
        Ok::<_, Infallible>(bytes)
    };
    tokio::select! {
        biased;
        _ = sandbox.load(&kept.digest, PATIENCE, read) => panic!("its bytes have not come yet"),
        () = asked.notified() => {}
    }
    // Whoever waits for too long is told for what.
    let nobody = || async { Err::<Vec<u8>, _>("somebody reads them already") };
    let early = sandbox.load(&kept.digest, Duration::ZERO, nobody).await.expect_err("they have not come");
    assert_eq!(early.to_string(), "its code is not there after 0 s: the store has not given its bytes yet");
    let load = || sandbox.load(&kept.digest, PATIENCE, nobody);
    let (one, other, ()) = tokio::join!(load(), load(), async { comes.notify_one() });
    for component in [one, other] {
        assert_eq!(component.expect("it loads").digest(), &kept.digest);
    }
}

#[tokio::test]
async fn an_upload_takes_no_room_from_code_that_jobs_use() {
    let (in_use, uploaded) = (Kept::new(), small("", "i32.const 260"));
    let room_for = |bytes: u64| {
        let cache = Some(CacheConfig { dir: in_use.dir.path().to_owned(), key: [1; 32] });
        Sandbox::new(Config { cache, loaded_bytes_max: bytes, ..config() }).expect("the sandbox starts")
    };
    let code_bytes = in_use.load(&room_for(1 << 30)).await.code_bytes();
    let crowded = room_for(code_bytes + code_bytes / 2);
    in_use.load(&crowded).await;
    crowded.compile(uploaded.clone()).await.expect("it is accepted");
    assert_eq!(crowded.loaded_bytes(), code_bytes, "the upload is on disk only");
    assert_eq!(in_use.files().len(), 2);
    // A job that needs it gets it, from there.
    let nobody = || async { Err::<Vec<u8>, _>("the cache has its code") };
    let needed = crowded.load(&Digest::of(&uploaded), PATIENCE, nobody).await.expect("it loads");
    assert_eq!(crowded.loaded_bytes(), needed.code_bytes());

    let spacious = room_for(1 << 30);
    let component = spacious.compile(uploaded).await.expect("it is accepted");
    assert_eq!(spacious.loaded_bytes(), component.code_bytes(), "its first job need not wait");
}

/// A sandbox whose cache has the code of so many components, and their digests.
async fn compiled(kept: &Kept, count: usize, loaded_bytes_max: u64) -> (Sandbox, Vec<Digest>) {
    let compiler = kept.sandbox(1);
    let mut digests = Vec::new();
    for number in 0..count {
        let component = compiler.compile(small("", &format!("i32.const {}", 300 + number))).await;
        digests.push(*component.expect("it is accepted").digest());
    }
    let cache = Some(CacheConfig { dir: kept.dir.path().to_owned(), key: [1; 32] });
    let sandbox = Sandbox::new(Config { cache, loaded_bytes_max, ..config() }).expect("the sandbox starts");
    (sandbox, digests)
}

async fn from_cache(sandbox: &Sandbox, digest: &Digest) -> Component {
    let nobody = || async { Err::<Vec<u8>, _>("the cache has its code") };
    sandbox.load(digest, PATIENCE, nobody).await.expect("it loads")
}

#[tokio::test]
async fn code_that_is_held_stays_in_memory_and_counts() {
    let kept = Kept::new();
    let (measure, digests) = compiled(&kept, 3, 1 << 30).await;
    let code_bytes = from_cache(&measure, &digests[0]).await.code_bytes();
    let (sandbox, digests) = compiled(&kept, 3, code_bytes + code_bytes / 2).await;
    let mut held = from_cache(&sandbox, &digests[0]).await;
    drop(held.take_turn());
    let other = from_cache(&sandbox, &digests[1]).await;
    assert_eq!(sandbox.loaded_bytes(), 2 * code_bytes, "both are held, and there is room for one");
    // It is not on disk any more: what was prepared with it runs on what is in memory.
    sandbox.forget(&digests[0]).await.expect("it is removed");
    from_cache(&sandbox, &digests[0]).await;
    drop((held, other));
    from_cache(&sandbox, &digests[2]).await;
    assert_eq!(sandbox.loaded_bytes(), code_bytes);
}

#[tokio::test]
async fn a_few_components_are_loaded_ahead_of_their_use() {
    const AHEAD: usize = 8;
    let kept = Kept::new();
    let (sandbox, digests) = compiled(&kept, AHEAD + 1, 1 << 30).await;
    let mut ahead = Vec::new();
    for digest in &digests[..AHEAD] {
        ahead.push(from_cache(&sandbox, digest).await);
    }
    let loaded = sandbox.loaded_bytes();
    let nobody = || async { Err::<Vec<u8>, _>("the cache has its code") };
    let next = &digests[AHEAD];
    let early = sandbox.load(next, Duration::ZERO, nobody).await.expect_err("eight are loaded and not used");
    assert_eq!(early.to_string(), "its code is not there after 0 s: other components are loaded before it");
    // What nobody waits for takes no turn, and has longer to go.
    let uploaded = sandbox.compile(small("", "i32.const 299")).await.expect("it is accepted");
    assert_eq!(sandbox.loaded_bytes(), loaded + uploaded.code_bytes());
    // All who wait for the same code have one turn, which is over when one of them uses it.
    let waits = ahead[0].clone();
    drop(ahead[0].take_turn());
    from_cache(&sandbox, next).await;
    drop(waits);
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let cache = Some(CacheConfig { dir: file.path().join("below"), key: [1; 32] });
    let error = Sandbox::new(Config { cache, ..config() }).err().expect("a file has no folders");
    assert!(error.to_string().contains("the cache of compiled components at"), "{error}");
}
