//! The compiler for guests: the best that this machine has.
//!
//! 1. The user's own Rust with the target `wasm32-wasip2`.
//! 2. The user's own Rust with the target `wasm32-unknown-unknown`.
//! 3. Debian's second Rust, which builds the standard library from source; installed when that is possible.
//!
//! All three emit components: the linker `wasm-component-ld` turns the core module into one.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::debian;

const WASIP2: &str = "wasm32-wasip2";
const UNKNOWN: &str = "wasm32-unknown-unknown";

/// What Debian calls its second Rust, the source of its standard library, and its linker.
const DEBIAN_PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];

/// Where Debian's packages put things.
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_LIBRARY_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/Cargo.lock";

/// A compiler for guests.
pub(crate) enum Toolchain {
    /// The user's own, with a target that he has installed.
    Installed {
        target: &'static str,
        /// Only for a target that does not emit components by itself.
        linker: Option<PathBuf>,
    },
    /// Debian's, which brings the standard library as source.
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// Finds the best one, and installs Debian's when there is none.
    pub(crate) fn find() -> anyhow::Result<Self> {
        if let Some(installed) = Self::installed() {
            return Ok(installed);
        }
        if Self::debian().is_none() {
            install_debian_packages()?;
        }
        Self::debian()
            .context("Debian's Rust is installed but incomplete; run `rustup target add wasm32-wasip2`")
    }

    /// The target's name.
    pub(crate) fn target(&self) -> &'static str {
        match self {
            Self::Installed { target, .. } => target,
            Self::Debian { .. } => UNKNOWN,
        }
    }

    /// The toolchain for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Installed { target, .. } => format!("the installed target {target}"),
            Self::Debian { .. } => format!("Debian's {DEBIAN_CARGO} for {UNKNOWN}"),
        }
    }

    /// `cargo build` for the target.
    pub(crate) fn cargo_build(&self) -> Command {
        let linker_variable = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";
        let mut command = match self {
            Self::Installed { linker, .. } => {
                let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
                command.envs(linker.iter().map(|linker| (linker_variable, linker)));
                command.args(["build", "--target", self.target()]);
                command
            }
            Self::Debian { linker } => {
                let mut command = Command::new(DEBIAN_CARGO);
                // What the user's toolchain told us about itself would mislead this one.
                for variable in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"] {
                    command.env_remove(variable);
                }
                let path = env::var("PATH").unwrap_or_default();
                command
                    .env("PATH", format!("/usr/bin:{path}"))
                    // Building the standard library is an unstable feature of a stable compiler.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env(linker_variable, linker)
                    .args(["build", "--target", UNKNOWN, "-Zbuild-std=std,panic_abort"]);
                command
            }
        };
        // The same component wherever it is built: paths in panic messages begin at cargo's folder.
        if let Some(home) = cargo_home() {
            let flags = env::var("RUSTFLAGS").unwrap_or_default();
            command.env(
                "RUSTFLAGS",
                format!("{flags} --remap-path-prefix={}=/cargo", home.display()).trim_start(),
            );
        }
        command
    }

    fn installed() -> Option<Self> {
        if has_target(WASIP2) {
            return Some(Self::Installed { target: WASIP2, linker: None });
        }
        let linker = has_target(UNKNOWN).then(|| component_linker("rustc")).flatten()?;
        Some(Self::Installed { target: UNKNOWN, linker: Some(linker) })
    }

    fn debian() -> Option<Self> {
        let complete = Path::new(DEBIAN_CARGO).exists() && Path::new(DEBIAN_LIBRARY_SOURCE).exists();
        let linker = complete.then(|| component_linker("/usr/bin/rustc")).flatten()?;
        Some(Self::Debian { linker })
    }
}

/// Whether the standard library of the user's compiler is there for a target.
fn has_target(target: &str) -> bool {
    rustc_says("rustc", &["--print", "target-libdir", "--target", target])
        .and_then(|folder| Path::new(&folder).read_dir().ok())
        .is_some_and(|mut files| files.next().is_some())
}

/// The linker that emits components, which compilers bring along.
fn component_linker(rustc: &str) -> Option<PathBuf> {
    let version = rustc_says(rustc, &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "))?;
    let sysroot = rustc_says(rustc, &["--print", "sysroot"])?;
    let linker = Path::new(&sysroot)
        .join("lib/rustlib")
        .join(host)
        .join("bin")
        .join(format!("wasm-component-ld{}", env::consts::EXE_SUFFIX));
    linker.exists().then_some(linker)
}

fn rustc_says(rustc: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(rustc).args(arguments).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn cargo_home() -> Option<PathBuf> {
    let default = || env::home_dir().map(|home| home.join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(default)
}

/// Installs Debian's Rust, or says in one line what to install.
fn install_debian_packages() -> anyhow::Result<()> {
    let advice = "no Rust compiler for WebAssembly is here: run `rustup target add wasm32-wasip2`";
    debian::install(DEBIAN_PACKAGES, advice)
}
