//! `cargo xtask guests`: builds every WebAssembly component of the workspace.
//!
//! A guest is a member with a `component.toml` beside its `Cargo.toml`. One cargo run builds all of them, for the first
//! toolchain of [`toolchain`] that this machine has; then each gets its manifest and lands in [`COMPONENTS`].
//! So do the templates of all languages and the probes of their SDKs, each built by its language's own tools: see
//! [`templates`].

mod debian;
mod languages;
mod pack;
mod templates;
mod toolchain;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use manifest::{Kind, Manifest};

use self::templates::Template;
pub(crate) use self::templates::{WithoutTools, test as test_templates};
use self::toolchain::Toolchain;
use crate::workspace::{Package, Workspace};

/// Where the guests' own target folder is: another compiler builds them than the host.
const TARGET: &str = "target/guests";

/// Where the finished components are.
pub(crate) const COMPONENTS: &str = "target/guests/components";

/// The manifest of a component, beside its `Cargo.toml`.
const MANIFEST_FILE: &str = "component.toml";

/// What to build.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these guests, by their package's name, or `customer-check-LANGUAGE` or `probe-LANGUAGE`; all without
    names: Vec<String>,
}

/// A finished component.
pub(crate) struct Component {
    /// Its file.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) size_bytes: usize,
    /// What it says about itself.
    pub(crate) manifest: Manifest,
}

/// A member that becomes a component.
struct Guest<'a> {
    package: &'a Package,
    manifest: Manifest,
}

/// Runs the task.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    // Who asks for a template by its name wants to know why it is not built.
    let without_tools = if arguments.names.is_empty() { WithoutTools::Skip } else { WithoutTools::Fail };
    for component in build_with_templates(&workspace, &arguments.names, without_tools)? {
        let Manifest { name, version, kind, job_types, .. } = &component.manifest;
        let kind = match kind {
            Kind::Worker => "worker",
            Kind::Connector => "connector",
        };
        println!(
            "{:>5} KB  {:<42} {name} {version}, {kind} for {}",
            component.size_bytes.div_ceil(1024),
            component.path.strip_prefix(&workspace.root).unwrap_or(&component.path).display(),
            job_types.join(", "),
        );
    }
    Ok(())
}

/// Builds members and templates, all of them when no names are given.
pub(crate) fn build_with_templates(
    workspace: &Workspace,
    names: &[String],
    without_tools: WithoutTools,
) -> anyhow::Result<Vec<Component>> {
    let is_wanted =
        |template: &Template| names.is_empty() || names.iter().any(|name| *name == template.name.as_str());
    let templates: Vec<Template> = templates::all()?.into_iter().filter(is_wanted).collect();
    let is_member = |name: &&String| templates.iter().all(|template| template.name.as_str() != name.as_str());
    let members: Vec<String> = names.iter().filter(is_member).cloned().collect();
    let mut components = Vec::new();
    if names.is_empty() || !members.is_empty() {
        components = build(workspace, &members)?;
    }
    components.extend(templates::build(workspace, &templates, without_tools)?);
    Ok(components)
}

/// Builds members that are guests, all of them when no names are given. Cargo does nothing for those that have not changed.
pub(crate) fn build(workspace: &Workspace, names: &[String]) -> anyhow::Result<Vec<Component>> {
    let guests = find(workspace, names)?;
    let toolchain = Toolchain::find()?;
    let target = workspace.root.join(TARGET);
    let mut cargo = toolchain.cargo_build();
    cargo.current_dir(&workspace.root).env("CARGO_TARGET_DIR", &target).args(["--profile", "guest", "--lib"]);
    for guest in &guests {
        cargo.args(["--package", &guest.package.name]);
    }
    let status = cargo.status().with_context(|| format!("failed to run {}", toolchain.describe()))?;
    if !status.success() {
        bail!("the guests do not build with {}", toolchain.describe());
    }

    let components = components(workspace)?;
    let built = target.join(toolchain.target()).join("guest");
    guests
        .into_iter()
        .map(|guest| {
            let name = &guest.package.name;
            let from = built.join(format!("{}.wasm", name.replace('-', "_")));
            let path = components.join(format!("{name}.wasm"));
            let size_bytes = pack::pack(&from, &path, &guest.manifest)?;
            Ok(Component { path, size_bytes, manifest: guest.manifest })
        })
        .collect()
}

/// The folder of the finished components.
fn components(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let components = workspace.root.join(COMPONENTS);
    fs::create_dir_all(&components).with_context(|| format!("failed to create {}", components.display()))?;
    Ok(components)
}

fn find<'a>(workspace: &'a Workspace, names: &[String]) -> anyhow::Result<Vec<Guest<'a>>> {
    let mut guests = Vec::new();
    for package in &workspace.packages {
        let path = package.folder().join(MANIFEST_FILE);
        let wanted = names.is_empty() || names.contains(&package.name);
        if !wanted || !path.exists() {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let manifest =
            Manifest::from_toml(&text).with_context(|| format!("failed to read {}", path.display()))?;
        if manifest.version != package.version {
            bail!(
                "{} says version {}, Cargo.toml beside it {}",
                path.display(),
                manifest.version,
                package.version
            );
        }
        guests.push(Guest { package, manifest });
    }
    if let Some(unknown) = names.iter().find(|name| guests.iter().all(|guest| guest.package.name != **name)) {
        bail!("no member of the workspace is called {unknown} and has a {MANIFEST_FILE}");
    }
    Ok(guests)
}
