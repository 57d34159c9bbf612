//! Core modules that become components.

use std::path::Path;

use anyhow::{Context as _, ensure};
use fermata_manifest::{ModuleError, componentize, inspect, is_module};
use wit_component::{StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve, WorldId};

const HANDLER: &str = "fermata:worker/handler@0.2.0";

fn connector() -> anyhow::Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/worker/0.2");
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some("connector"))?;
    Ok((resolve, world))
}

#[test]
fn a_module_becomes_a_component_of_the_world_it_is_told() -> anyhow::Result<()> {
    let (resolve, world) = connector()?;
    let module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    ensure!(is_module(&module));
    ensure!(matches!(componentize(&module, None), Err(ModuleError::NoWorld)));
    let component = componentize(&module, Some((&resolve, world)))?;
    ensure!(!is_module(&component));
    let inspection = inspect(&component)?;
    ensure!(inspection.handler == Some(HANDLER), "{inspection:?}");
    Ok(())
}

#[test]
fn a_module_that_describes_its_world_needs_no_other() -> anyhow::Result<()> {
    let (resolve, world) = connector()?;
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    let inspection = inspect(&componentize(&module, None)?)?;
    ensure!(inspection.handler == Some(HANDLER), "{inspection:?}");
    Ok(())
}

/// What compilers' libraries ask of an operating system comes from WASI's components.
#[test]
fn the_first_preview_of_wasi_is_adapted() -> anyhow::Result<()> {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("test.wit", "package test:empty; world empty {}")?;
    let world = resolve.select_world(&[package], Some("empty"))?;
    let module = wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#,
    )?;
    let inspection = inspect(&componentize(&module, Some((&resolve, world)))?)?;
    let stdout = inspection.imports.iter().find(|import| import.starts_with("wasi:cli/stdout@"));
    stdout.with_context(|| format!("{inspection:?}"))?;
    Ok(())
}

#[test]
fn what_does_not_fit_is_named() -> anyhow::Result<()> {
    let (resolve, world) = connector()?;
    let refusal = |text: &str| -> anyhow::Result<String> {
        let error = componentize(&wat::parse_str(text)?, Some((&resolve, world)));
        Ok(error.err().context("the module is refused")?.to_string())
    };
    let message = refusal("(module)")?;
    ensure!(
        message.starts_with("the module does not fit the world: ") && message.contains(HANDLER),
        "{message}"
    );
    let message = refusal(r#"(module (import "elsewhere" "anything" (func)))"#)?;
    ensure!(message.contains("elsewhere"), "{message}");
    let damaged = b"\0asm\x01\0\0\0\x63";
    ensure!(matches!(componentize(damaged, None), Err(ModuleError::Malformed(_))));
    Ok(())
}
