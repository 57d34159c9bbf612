//! The program as a compiler: components that would take all time and memory meet the limits of a child,
//! and those that are well-behaved run.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use sandbox::{ChildCompiler, CompileLimit, CompileLimits, Compiler, Config, Error, Sandbox};
use wasm_encoder::{
    CodeSection, Component, Function, FunctionSection, InstructionSink, Module, ModuleSection, TypeSection,
    ValType,
};

/// Instructions of a function whose compilation takes long.
const LONG: usize = 400_000;

fn sandbox(limits: CompileLimits) -> anyhow::Result<Sandbox> {
    let compiler = ChildCompiler {
        program: env!("CARGO_BIN_EXE_fermata").into(),
        arguments: vec!["compile-component".into()],
        limits,
    };
    Ok(Sandbox::new(Config { compiler: Compiler::Child(compiler), concurrency: 2, ..Config::default() })?)
}

/// A component with functions of so many steps, each of which needs all values before it.
fn bomb(functions: u32, steps: usize) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I64], [ValType::I64]);
    let (mut declared, mut code) = (FunctionSection::new(), CodeSection::new());
    for _ in 0..functions {
        declared.function(0);
        let mut body = Function::new([(64, ValType::I64)]);
        let mut sink: InstructionSink<'_> = body.instructions();
        for step in 0..steps {
            let (from, to) = ((step % 61) as u32, (step % 64 + 1) as u32);
            sink.local_get(from).local_get(to).i64_mul().i64_const(step as i64).i64_rotl().local_set(to);
        }
        sink.local_get(64).end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&code);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    component.finish()
}

async fn met(limits: CompileLimits, component: Vec<u8>) -> anyhow::Result<CompileLimit> {
    match sandbox(limits)?.compile(component).await {
        Err(Error::CompileLimit(limit)) => Ok(limit),
        other => anyhow::bail!("{other:?}"),
    }
}

#[tokio::test]
async fn time_is_bounded() -> anyhow::Result<()> {
    let wall_time = Duration::from_millis(100);
    let sandbox = sandbox(CompileLimits { wall_time, ..CompileLimits::default() })?;
    let error = sandbox.compile(bomb(4, LONG)).await.map(drop);
    // Whom to blame hangs on what this machine had left for it.
    let ended_after = match &error {
        Err(Error::CompileLimit(CompileLimit::WallTime(limit))) => Some(*limit),
        Err(Error::CompilerStarved { computed, wall_time }) if *computed < *wall_time / 4 => Some(*wall_time),
        _ => None,
    };
    ensure!(ended_after == Some(wall_time), "{error:?}");
    Ok(())
}

/// A child that gets no processor is played by one that wants none.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_component_is_not_blamed_for_a_busy_host() -> anyhow::Result<()> {
    let limits = CompileLimits { wall_time: Duration::from_secs(1), ..CompileLimits::default() };
    let compiler = ChildCompiler { program: "sleep".into(), arguments: Vec::new(), limits };
    let sandbox = Sandbox::new(Config { compiler: Compiler::Child(compiler), ..Config::default() })?;
    let error = sandbox.compile(bomb(1, 10)).await;
    ensure!(matches!(error, Err(Error::CompilerStarved { .. })), "{error:?}");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn cpu_time_is_bounded() -> anyhow::Result<()> {
    let cpu_time = Duration::from_secs(1);
    let limit = met(CompileLimits { cpu_time, ..CompileLimits::default() }, bomb(4, LONG)).await?;
    ensure!(limit == CompileLimit::CpuTime(cpu_time), "{limit:?}");
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_is_bounded() -> anyhow::Result<()> {
    let memory_bytes = 256 << 20;
    let limit = met(CompileLimits { memory_bytes, ..CompileLimits::default() }, bomb(2, LONG)).await?;
    ensure!(limit == CompileLimit::MemoryBytes(memory_bytes), "{limit:?}");
    Ok(())
}

#[tokio::test]
async fn what_a_child_has_compiled_is_accepted_and_what_it_refuses_is_told() -> anyhow::Result<()> {
    let sandbox = sandbox(CompileLimits::default())?;
    let echo = std::fs::read(harness::root().join("target/guests/components/echo.wasm"))
        .context("run `cargo xtask guests` first")?;
    let component = sandbox.compile(echo.clone()).await?;
    ensure!(component.code_bytes() > 0 && sandbox.loaded_bytes() == component.code_bytes());
    // A small bomb is a component of another world, once it is compiled.
    let small = sandbox.compile(bomb(1, 10)).await;
    ensure!(matches!(small, Err(Error::NoHandler { .. })), "{small:?}");
    let broken = sandbox.compile(echo[..echo.len() / 2].to_vec()).await;
    ensure!(matches!(&broken, Err(Error::Invalid(text)) if text.contains("out of bounds")), "{broken:?}");
    Ok(())
}

#[tokio::test]
async fn a_program_that_is_no_compiler_is_no_fault_of_the_component() -> anyhow::Result<()> {
    let compiler = ChildCompiler {
        program: "/no/such/program".into(),
        arguments: Vec::new(),
        limits: CompileLimits::default(),
    };
    let sandbox = Sandbox::new(Config { compiler: Compiler::Child(compiler), ..Config::default() })?;
    let error = sandbox.compile(bomb(1, 10)).await;
    ensure!(matches!(error, Err(Error::CompilerStart(_))), "{error:?}");
    Ok(())
}

/// A parent that is killed cannot kill its child, but the child's input ends.
#[test]
fn a_child_without_a_parent_ends() -> anyhow::Result<()> {
    let component = bomb(4, LONG);
    let mut child = Command::new(env!("CARGO_BIN_EXE_fermata"))
        .args(["compile-component", "2147483648", "600"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("its input")?;
    input.write_all(&(component.len() as u64).to_le_bytes())?;
    input.write_all(&component)?;
    drop(input);
    let mut output = Vec::new();
    child.stdout.take().context("its output")?.read_to_end(&mut output)?;
    let status = child.wait()?;
    ensure!(status.code() == Some(4) && output.is_empty(), "{status}, {} bytes", output.len());
    Ok(())
}
