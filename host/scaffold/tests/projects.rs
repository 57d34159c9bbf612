//! The projects of all languages there are, and the Rust SDK outside of its workspace.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use fermata_scaffold::{File, Language, Name, wit_files, worker_files};

fn name() -> anyhow::Result<Name> {
    Ok("check-customer".parse()?)
}

fn paths(files: &[File]) -> BTreeSet<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn every_project_is_complete_in_itself() -> anyhow::Result<()> {
    let offered = Language::offered();
    ensure!(offered.contains(&Language::Rust), "{offered:?}");
    for language in offered {
        let files = worker_files(language, &name()?)?;
        let paths = paths(&files);
        ensure!(paths.len() == files.len(), "{language}: a file is there twice");
        for expected in [
            "README.md",
            "component.toml",
            ".gitignore",
            "fermata/wit/worlds.wit",
            "try/process.bpmn",
            "try/service.py",
        ] {
            ensure!(paths.contains(expected), "{language}: {expected} is missing in {paths:#?}");
        }
        ensure!(paths.iter().any(|path| path.starts_with("fermata/sdk/")), "{language} has no SDK");
        for licence in ["sdk/LICENSE", "wit/LICENSE", "wit/LICENSE-WASI", "wit/NOTICE.md"] {
            ensure!(paths.contains(&*format!("fermata/{licence}")), "{language}: {licence} is missing");
        }
        for file in &files {
            let path = &file.path;
            ensure!(!path.ends_with(".tmpl") && !path.contains("{{"), "{language}: {path}");
            if path.starts_with("fermata/") {
                continue;
            }
            let text = String::from_utf8_lossy(&file.content);
            ensure!(!text.contains("{{name"), "{language}: a placeholder is left in {path}");
        }
        let manifest = files.iter().find(|file| file.path == "component.toml").context("a manifest")?;
        let manifest: toml::Table = std::str::from_utf8(&manifest.content)?.parse()?;
        ensure!(manifest["name"].as_str() == Some("check-customer"), "{language}: {manifest}");
        ensure!(manifest["version"].as_str() == Some("0.1.0"), "{language}: {manifest}");
    }
    Ok(())
}

/// What `fermata new worker` prints is what the project's README says.
#[test]
fn a_readme_says_what_to_prepare() -> anyhow::Result<()> {
    for language in Language::offered() {
        let files = worker_files(language, &name()?)?;
        let readme = files.iter().find(|file| file.path == "README.md").context("a README")?;
        let readme = std::str::from_utf8(&readme.content)?;
        let needs = language.needs();
        // At the beginning of a sentence there.
        ensure!(readme.to_lowercase().contains(&needs.to_lowercase()), "{language}: {needs}");
        for command in language.preparation() {
            ensure!(readme.contains(command), "{language}: `{command}` is not in\n{readme}");
        }
    }
    Ok(())
}

#[test]
fn what_no_template_is_here_for_is_not_offered() -> anyhow::Result<()> {
    for language in Language::ALL {
        let files = worker_files(language, &name()?);
        ensure!(files.is_ok() == language.is_offered(), "{language}");
        if let Err(error) = files {
            ensure!(error.to_string().contains("here are rust"), "{error}");
        }
    }
    Ok(())
}

#[test]
fn the_wit_packages_are_real_files_with_all_that_they_import() -> anyhow::Result<()> {
    let files = wit_files();
    let paths = paths(&files);
    for expected in [
        "NOTICE.md",
        "LICENSE",
        "LICENSE-WASI",
        "worlds.wit",
        "jobs.wit",
        "deps/wasi-http.wit",
        "deps/fermata-host/checkpoint.wit",
    ] {
        ensure!(paths.contains(expected), "{expected} is missing in {paths:#?}");
    }
    Ok(())
}

/// The Rust SDK writes out what other members inherit.
#[test]
fn the_rust_sdk_says_what_the_workspace_says() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read =
        |path: &str| -> anyhow::Result<toml::Table> { Ok(fs::read_to_string(root.join(path))?.parse()?) };
    let workspace = read("Cargo.toml")?;
    let workspace = workspace["workspace"].as_table().context("the workspace")?;
    let sdk = read("guest-sdk/rust/Cargo.toml")?;
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        ensure!(sdk["package"][key] == workspace["package"][key], "{key} differs");
    }
    ensure!(sdk["lints"] == workspace["lints"], "the lints differ");
    let targets = sdk["target"].as_table().context("targets")?;
    let of_targets = targets.values().filter_map(|target| target.get("dependencies"));
    let mut compared = 0;
    for dependencies in std::iter::once(&sdk["dependencies"]).chain(of_targets) {
        for (name, dependency) in dependencies.as_table().context("dependencies")? {
            ensure!(*dependency == workspace["dependencies"][name], "{name} differs");
            compared += 1;
        }
    }
    ensure!(compared >= 5, "{compared} dependencies");
    Ok(())
}
