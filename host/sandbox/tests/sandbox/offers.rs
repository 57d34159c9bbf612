//! What the host offers beside the network: context, checkpoint, effects, output, exit, settings.

use std::path::Path;

use fermata_sandbox::{Checkpoint, Limits, LogLevel, LogSource, Policy};
use serde_json::json;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::support::{Bench, completed, config, core_module, failure, from_core, small};

#[tokio::test]
async fn a_job_knows_where_it_stands() {
    let asks = small(
        r#"(import "fermata:host/job-context@0.1.0" "attempt" (func $attempt (result i32)))
           (import "fermata:host/job-context@0.1.0" "retries-left" (func $retries (result i32)))
           (import "fermata:host/job-context@0.1.0" "deadline-ms" (func $deadline (result i64)))
           (import "fermata:host/job-context@0.1.0" "process-definition-version" (func $version (result i32)))
           (import "fermata:host/job-context@0.1.0" "process-instance-key" (func $instance (param i32)))
           (import "fermata:host/job-context@0.1.0" "element-id" (func $element (param i32)))"#,
        r#"(if (i32.ne (call $attempt) (i32.const 2)) (then unreachable))
           (if (i32.ne (call $retries) (i32.const 1)) (then unreachable))
           (if (i64.ne (call $deadline) (i64.const 1700000000000)) (then unreachable))
           (if (i32.ne (call $version) (i32.const 3)) (then unreachable))
           (call $instance (i32.const 600)) ;; "4712"
           (if (i32.ne (i32.load (i32.load (i32.const 600))) (i32.const 0x32313734)) (then unreachable))
           (call $element (i32.const 600)) ;; "task"
           (if (i32.ne (i32.load (i32.load (i32.const 600))) (i32.const 0x6b736174)) (then unreachable))
           i32.const 256"#,
    );
    let bench = Bench::of(config(), asks).await;
    assert_eq!(completed(&bench.run(json!({}), Policy::default()).await), json!({}));
}

/// Stores the two bytes `{}` when there is no checkpoint, else traps unless it is those bytes.
fn checkpointing() -> Vec<u8> {
    small(
        r#"(import "fermata:host/checkpoint@0.1.0" "get" (func $get (param i32)))
           (import "fermata:host/checkpoint@0.1.0" "put" (func $put (param i32 i32 i32)))"#,
        r#"(call $get (i32.const 600))
           (if (i32.load8_u (i32.const 600)) (then unreachable)) ;; an error
           (if (i32.load8_u (i32.const 608)) ;; there is one
               (then (if (i32.ne (i32.load16_u (i32.load (i32.const 612))) (i32.const 0x7d7b)) (then unreachable)))
               (else (call $put (i32.const 512) (i32.const 2) (i32.const 640))
                     (if (i32.load8_u (i32.const 640)) (then unreachable))))
           i32.const 256"#,
    )
}

#[tokio::test]
async fn a_checkpoint_is_there_for_the_next_attempt() {
    let bench = Bench::of(config(), checkpointing()).await;
    for _ in 0..2 {
        assert_eq!(completed(&bench.run(json!({}), Policy::default()).await), json!({}));
        let stored = Checkpoint { value: b"{}".to_vec(), writer_version: "1.0.0".to_owned(), attempt: 2 };
        assert_eq!(bench.host.checkpoint(), Some(stored));
    }
}

#[tokio::test]
async fn an_attempt_that_was_superseded_stores_no_checkpoint() {
    let bench = Bench::of(config(), checkpointing()).await;
    bench.host.supersede();
    assert_eq!(failure(&bench.run(json!({}), Policy::default()).await), "the component aborted");
    assert_eq!(bench.host.checkpoint(), None);
}

#[tokio::test]
async fn effects_are_refused_with_what_to_do_instead() {
    // Traps unless `begin` answers with the error `not-offered`.
    let begins = from_core(
        core_module(
            r#"(import "fermata:host/effects@0.1.0" "begin" (func $begin (param i32 i32 i32 i32 i32)))"#,
            r#"(call $begin (i32.const 512) (i32.const 2) (i32.const 512) (i32.const 2) (i32.const 600))
               (if (i32.ne (i32.load8_u (i32.const 600)) (i32.const 1)) (then unreachable))
               (if (i32.load8_u (i32.const 604)) (then unreachable))
               i32.const 256"#,
        ),
        "connector",
    );
    let bench = Bench::of(config(), begins).await;
    assert_eq!(completed(&bench.run(json!({}), Policy::default()).await), json!({}));
}

/// A component of a world with interfaces of WASI that the worlds of `fermata:worker` do not import.
fn with_wasi(imports: &str, items: &str, body: &str) -> Vec<u8> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/worker/0.1");
    let mut resolve = Resolve::default();
    resolve.push_dir(&wit).expect("the WIT files are well-formed");
    let world =
        format!("package test:guest; world guest {{ {imports} export fermata:worker/handler@0.1.0; }}");
    let package = resolve.push_str("guest.wit", &world).expect("the world is well-formed");
    let world = resolve.select_world(&[package], Some("guest")).expect("the world exists");
    let mut module = core_module(items, body);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the world is embedded");
    ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("the module fits its world")
}

#[tokio::test]
async fn output_goes_to_the_log_line_by_line_within_its_limits() {
    // 4096 bytes at address 4096, a line break at their end, written 12,800 times: 50 MiB.
    let noisy = with_wasi(
        "import wasi:cli/stdout@0.2.12;",
        r#"(import "wasi:cli/stdout@0.2.12" "get-stdout" (func $stdout (result i32)))
           (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
               (func $write (param i32 i32 i32 i32)))"#,
        r#"(local $stream i32) (local $left i32)
           (local.set $stream (call $stdout))
           (local.set $left (i32.const 12800))
           (memory.fill (i32.const 4096) (i32.const 0x7a) (i32.const 4095))
           (i32.store8 (i32.const 8191) (i32.const 10))
           (loop $again
               (call $write (local.get $stream) (i32.const 4096) (i32.const 4096) (i32.const 600))
               (if (i32.load8_u (i32.const 600)) (then unreachable))
               (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
           i32.const 256"#,
    );
    let bench = Bench::of(config(), noisy).await;
    let report = bench.run(json!({}), Policy::default()).await;
    assert_eq!(completed(&report), json!({}));
    let log = bench.host.log();
    let from_guest: Vec<_> = log.iter().filter(|line| line.source == LogSource::Stdout).collect();
    assert_eq!(from_guest.len(), (64 << 10) / 4095);
    assert!(from_guest.iter().all(|line| line.message.len() == 4095 && line.level == LogLevel::Info));
    assert_eq!(log.len(), from_guest.len() + 1, "and one record that says so");
    assert_eq!(report.log_records_dropped, 12_800 - from_guest.len());

    // It is the limits that keep the rest out.
    bench.host.forget_log();
    let raised = Limits { log_records: 12_800, log_bytes: 50 << 20, ..Limits::default() };
    let report = bench.run(json!({}), Policy { limits: raised, ..Policy::default() }).await;
    assert_eq!(report.log_records_dropped, 0);
    assert_eq!(bench.host.log().iter().map(|line| line.message.len()).sum::<usize>(), 12_800 * 4095);
}

#[tokio::test]
async fn a_component_that_exits_has_not_answered() {
    let exits = with_wasi(
        "import wasi:cli/exit@0.2.12;",
        r#"(import "wasi:cli/exit@0.2.12" "exit" (func $exit (param i32)))"#,
        "(call $exit (i32.const 1)) i32.const 256",
    );
    let bench = Bench::of(config(), exits).await;
    let report = bench.run(json!({}), Policy::default()).await;
    assert_eq!(failure(&report), "the component exited with code 1 instead of answering");
}

#[tokio::test]
async fn settings_are_read_through_wasi_config() {
    // Traps unless the key `{}` has a value whose first bytes are `https`.
    let reads = with_wasi(
        "import wasi:config/store@0.2.0-rc.1;",
        r#"(import "wasi:config/store@0.2.0-rc.1" "get" (func $get (param i32 i32 i32)))"#,
        r#"(call $get (i32.const 512) (i32.const 2) (i32.const 600))
           (if (i32.load8_u (i32.const 600)) (then unreachable))
           (if (i32.eqz (i32.load8_u (i32.const 604))) (then unreachable))
           (if (i32.ne (i32.load (i32.load (i32.const 608))) (i32.const 0x70747468)) (then unreachable))
           i32.const 256"#,
    );
    let bench = Bench::of(config(), reads).await;
    let settings = [("{}".to_owned(), "https://api.example.com".to_owned())].into();
    let report = bench.run(json!({}), Policy { settings, ..Policy::default() }).await;
    assert_eq!(completed(&report), json!({}));
    assert!(bench.run(json!({}), Policy::default()).await.result.is_err());
}

#[tokio::test]
async fn the_outside_is_empty_and_sockets_are_denied() {
    // Traps unless there are no folders, no environment, no arguments, and a TCP socket cannot even be bound.
    let looks = with_wasi(
        "import wasi:cli/environment@0.2.12; import wasi:filesystem/preopens@0.2.12; \
         import wasi:sockets/tcp-create-socket@0.2.12; import wasi:sockets/ip-name-lookup@0.2.12; \
         import wasi:sockets/instance-network@0.2.12;",
        r#"(import "wasi:cli/environment@0.2.12" "get-environment" (func $environment (param i32)))
           (import "wasi:cli/environment@0.2.12" "get-arguments" (func $arguments (param i32)))
           (import "wasi:filesystem/preopens@0.2.12" "get-directories" (func $folders (param i32)))
           (import "wasi:sockets/tcp-create-socket@0.2.12" "create-tcp-socket" (func $socket (param i32 i32)))
           (import "wasi:sockets/instance-network@0.2.12" "instance-network" (func $network (result i32)))
           (import "wasi:sockets/ip-name-lookup@0.2.12" "resolve-addresses" (func $resolve (param i32 i32 i32 i32)))"#,
        r#"(call $environment (i32.const 600))
           (if (i32.load (i32.const 604)) (then unreachable))
           (call $arguments (i32.const 600))
           (if (i32.load (i32.const 604)) (then unreachable))
           (call $folders (i32.const 600))
           (if (i32.load (i32.const 604)) (then unreachable))
           (call $socket (i32.const 0) (i32.const 600))
           (if (i32.eqz (i32.load8_u (i32.const 600))) (then unreachable))
           (call $resolve (call $network) (i32.const 512) (i32.const 2) (i32.const 600))
           (if (i32.eqz (i32.load8_u (i32.const 600))) (then unreachable))
           i32.const 256"#,
    );
    let bench = Bench::of(config(), looks).await;
    assert_eq!(completed(&bench.run(json!({}), Policy::default()).await), json!({}));
}
