//! The templates of all languages as components.
//!
//! Each template becomes the project that `fermata new worker` would write, in [`PROJECTS`]. Only files that have changed
//! are written, so that the language's own tools see what they need not build again.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use manifest::Manifest;
use scaffold::{File, Language, Name};

use super::languages::{self, MissingTool};
use super::{Component, MANIFEST_FILE, pack};
use crate::workspace::Workspace;

/// Where the projects are, each in a folder named for its language.
const PROJECTS: &str = "target/guests/templates";
/// Where the languages' tools are.
const TOOLS: &str = "target/guests/tools";
/// What the projects are called, before the language.
const NAME_PREFIX: &str = "customer-check";

/// The template of one language.
pub(super) struct Template {
    pub(super) language: Language,
    /// The name of its project, and of its component's file.
    pub(super) name: Name,
}

/// What to do about a language whose tools are not to be had on this machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithoutTools {
    /// Say so, and go on.
    Skip,
    /// Fail.
    Fail,
}

/// The templates that there are.
pub(super) fn all() -> anyhow::Result<Vec<Template>> {
    let named = |language| Ok(Template { language, name: format!("{NAME_PREFIX}-{language}").parse()? });
    Language::offered().into_iter().map(named).collect()
}

/// Builds templates; gives their components.
pub(super) fn build(
    workspace: &Workspace,
    templates: &[Template],
    without_tools: WithoutTools,
) -> anyhow::Result<Vec<Component>> {
    let mut components = Vec::new();
    for template in templates {
        let Template { language, name } = template;
        match build_one(workspace, template) {
            Ok(component) => components.push(component),
            Err(error) if without_tools == WithoutTools::Skip && error.is::<MissingTool>() => {
                eprintln!("warning: {name} IS NOT BUILT, and nothing of {language} is tested: {error:#}");
            }
            Err(error) => return Err(error.context(format!("{language}'s template is not built"))),
        }
    }
    Ok(components)
}

/// Runs the tests that come with the templates, whose projects have been built.
pub(crate) fn test(workspace: &Workspace) -> anyhow::Result<()> {
    for Template { language, .. } in all()? {
        let (project, tools) = folders(workspace, language);
        let test = languages::tester(language);
        test(&project, &tools).with_context(|| format!("the tests of {language}'s template fail"))?;
    }
    Ok(())
}

/// Where the project of a language is, and its tools.
fn folders(workspace: &Workspace, language: Language) -> (PathBuf, PathBuf) {
    let below = |folder: &str| workspace.root.join(folder).join(language.as_str());
    (below(PROJECTS), below(TOOLS))
}

fn build_one(workspace: &Workspace, template: &Template) -> anyhow::Result<Component> {
    let Template { language, name } = template;
    let build = languages::builder(*language);
    let (project, tools) = folders(workspace, *language);
    write(&project, &scaffold::worker_files(*language, name)?)
        .with_context(|| format!("failed to write {}", project.display()))?;
    let manifest = project.join(MANIFEST_FILE);
    let text =
        fs::read_to_string(&manifest).with_context(|| format!("failed to read {}", manifest.display()))?;
    let manifest =
        Manifest::from_toml(&text).with_context(|| format!("failed to read {}", manifest.display()))?;
    fs::create_dir_all(&tools).with_context(|| format!("failed to create {}", tools.display()))?;
    let built = build(&project, &tools)?;
    let path = super::components(workspace)?.join(format!("{name}.wasm"));
    let size_bytes = pack::pack(&built, &path, &manifest)?;
    Ok(Component { path, size_bytes, manifest })
}

/// Brings a project's files up to date. What a build has made beside them stays; files that the template had earlier go.
fn write(project: &Path, files: &[File]) -> io::Result<()> {
    let list = project.with_extension("files");
    let earlier = fs::read_to_string(&list).unwrap_or_default();
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for gone in earlier.lines().filter(|path| !paths.contains(path)) {
        match fs::remove_file(project.join(gone)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for file in files {
        let path = project.join(&file.path);
        if fs::read(&path).is_ok_and(|present| present == *file.content) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(project))?;
        fs::write(&path, &file.content)?;
        #[cfg(unix)]
        if file.is_executable() {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
    }
    fs::write(list, Vec::from_iter(paths).join("\n"))
}
