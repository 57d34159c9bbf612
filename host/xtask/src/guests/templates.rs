//! The templates of all languages as components, and the probes of their SDKs.
//!
//! Each template becomes the project that `fermata new worker` would write. A probe is such a project with another source
//! in it, which meets the errors that tests ask it to meet. Only files that have changed are written, so that the
//! language's own tools see what they need not build again.

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

/// Where the languages' tools are.
const TOOLS: &str = "target/guests/tools";
/// Where the sources of the probes are, each in a folder named for its language.
const PROBES: &str = "tests/guests/probes";
/// What the sources of workers are called.
const SOURCES: [&str; 5] = ["rs", "ts", "py", "c", "go"];
/// Where every project has what no author changes.
const BROUGHT: &str = "fermata/";

/// What a project has for a worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worker {
    /// That of the template.
    Template,
    /// The one that meets errors.
    Probe,
}

/// A project of one language.
#[derive(Clone)]
pub(super) struct Template {
    pub(super) language: Language,
    worker: Worker,
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

/// The projects that there are; a language's template comes before its probe.
pub(super) fn all() -> anyhow::Result<Vec<Template>> {
    let mut all = Vec::new();
    for language in Language::offered() {
        for worker in [Worker::Template, Worker::Probe] {
            all.push(Template { language, worker, name: format!("{}-{language}", worker.name()).parse()? });
        }
    }
    Ok(all)
}

impl Worker {
    /// What its project is called, before the language.
    fn name(self) -> &'static str {
        match self {
            Self::Template => "customer-check",
            Self::Probe => "probe",
        }
    }

    /// Where its projects are, each in a folder named for its language.
    fn projects(self) -> &'static str {
        match self {
            Self::Template => "target/guests/templates",
            Self::Probe => "target/guests/probes",
        }
    }
}

/// Builds templates; gives their components.
pub(super) fn build(
    workspace: &Workspace,
    templates: &[Template],
    without_tools: WithoutTools,
) -> anyhow::Result<Vec<Component>> {
    let mut components = Vec::new();
    for template in templates {
        let Template { language, name, .. } = template;
        match build_one(workspace, template) {
            Ok(component) => components.push(component),
            Err(error) if without_tools == WithoutTools::Skip && error.is::<MissingTool>() => {
                eprintln!("warning: {name} IS NOT BUILT, and nothing of {language} is tested: {error:#}");
            }
            Err(error) => return Err(error.context(format!("the project {name} of {language} is not built"))),
        }
    }
    Ok(components)
}

/// Runs the tests that come with the templates, whose projects have been built.
pub(crate) fn test(workspace: &Workspace) -> anyhow::Result<()> {
    for template in all()?.iter().filter(|template| template.worker == Worker::Template) {
        let language = template.language;
        let (project, tools) = folders(workspace, template);
        let test = languages::tester(language);
        test(&project, &tools).with_context(|| format!("the tests of {language}'s template fail"))?;
    }
    Ok(())
}

/// Where the project of a language is, and its tools.
fn folders(workspace: &Workspace, template: &Template) -> (PathBuf, PathBuf) {
    let below = |folder: &str| workspace.root.join(folder).join(template.language.as_str());
    (below(template.worker.projects()), below(TOOLS))
}

/// The files of a project.
fn files(workspace: &Workspace, template: &Template) -> anyhow::Result<Vec<File>> {
    let mut files = scaffold::worker_files(template.language, &template.name)?;
    if template.worker == Worker::Probe {
        let is_source = |path: &str| SOURCES.iter().any(|kind| path.ends_with(&format!(".{kind}")));
        files.retain(|file| file.path.starts_with(BROUGHT) || !is_source(&file.path));
        let folder = workspace.root.join(PROBES).join(template.language.as_str());
        let sources =
            sources(&folder, &folder).with_context(|| format!("failed to read {}", folder.display()))?;
        files.extend(sources);
    }
    Ok(files)
}

fn build_one(workspace: &Workspace, template: &Template) -> anyhow::Result<Component> {
    let Template { language, name, .. } = template;
    let build = languages::builder(*language);
    let (project, tools) = folders(workspace, template);
    write(&project, &files(workspace, template)?)
        .with_context(|| format!("failed to write {}", project.display()))?;
    if template.worker == Worker::Probe {
        let (built_before, _) =
            folders(workspace, &Template { worker: Worker::Template, ..template.clone() });
        languages::share_packages(&built_before, &project)?;
    }
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

/// The files of a probe, below a folder of it, with their paths in the project.
fn sources(probe: &Path, folder: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let at = entry?.path();
        if at.is_dir() {
            files.extend(sources(probe, &at)?);
            continue;
        }
        let path = at.strip_prefix(probe)?.to_str().context("its name is no text")?.replace('\\', "/");
        files.push(File { path, content: fs::read(&at)?.into() });
    }
    Ok(files)
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
