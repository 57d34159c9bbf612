//! C: with clang and a libc for WebAssembly.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{MissingTool, module};
use crate::guests::debian;
use crate::workspace::Workspace;

/// What Debian calls the compiler, its linker, its runtime library, the libc and make.
const DEBIAN_PACKAGES: [&str; 7] =
    ["clang-22", "lld-22", "libclang-rt-22-dev-wasm32", "wasi-libc", "make", "gcc", "libc6-dev"];
/// What is compiled for.
const TARGET: &str = "wasm32-wasi";
/// The compiler that they bring.
const DEBIAN_CLANG: &str = "clang-22";
/// Where they have the libc.
const DEBIAN_LIBC: &str = "/usr/lib/wasm32-wasi/libc.a";
/// What to do elsewhere.
const ADVICE: &str =
    "no C compiler for WebAssembly is here: install wasi-sdk and say `CLANG=/path/to/wasi-sdk/bin/clang`";
/// The variable by which users name another compiler, such as that of wasi-sdk.
const CLANG: &str = "CLANG";

/// The SDK's own tests.
const SDK_TESTS: &str = "guest-sdk/c/tests";

/// Builds the project's component.
pub(super) fn build(project: &Path, _tools: &Path) -> anyhow::Result<PathBuf> {
    let mut make = Command::new("make");
    // The user's own compiler comes first.
    if std::env::var_os(CLANG).is_none() {
        if !is_installed() {
            debian::install(&DEBIAN_PACKAGES, ADVICE).map_err(|error| MissingTool(format!("{error:#}")))?;
        }
        make.env(CLANG, DEBIAN_CLANG);
    }
    module::build(project, &mut make)
}

/// Runs the tests of the SDK and the project, compiled for this machine.
pub(super) fn test(project: &Path, tools: &Path) -> anyhow::Result<()> {
    let sdk_tests = Workspace::load()?.root.join(SDK_TESTS);
    module::make(&sdk_tests, Command::new("make").env("BUILD", tools.join("sdk-tests")), "test")?;
    module::make(project, &mut Command::new("make"), "test")
}

fn is_installed() -> bool {
    let runs = |program: &str| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    [DEBIAN_CLANG, "wasm-ld-22", "make", "cc"].into_iter().all(runs)
        && Path::new(DEBIAN_LIBC).exists()
        && runtime_library(DEBIAN_CLANG).is_some_and(|library| library.exists())
}

/// Where a clang has the runtime library for WebAssembly, which every component is linked with: or would have it.
fn runtime_library(clang: &str) -> Option<PathBuf> {
    let mut command = Command::new(clang);
    command.args([&format!("--target={TARGET}"), "-print-libgcc-file-name"]).stderr(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_compiler_has_no_runtime_library() {
        // It ends well, and says nothing of the kind.
        assert!(!runtime_library("true").is_some_and(|library| library.exists()));
        assert_eq!(runtime_library("no-such-compiler"), None);
        if Command::new(DEBIAN_CLANG).arg("--version").output().is_ok() {
            let library = runtime_library(DEBIAN_CLANG).unwrap_or_default();
            assert!(library.is_absolute(), "{}", library.display());
        }
    }
}
