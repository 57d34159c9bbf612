//! How the project that `fermata new worker` writes becomes a component, for each language.

mod c;
mod changes;
mod go;
mod js;
mod module;
mod python;
mod rust;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use scaffold::Language;

/// Builds the project in a folder with tools that it installs below another one; gives the component's file.
///
/// It runs again and again on the same two folders, and does nothing for what has not changed.
pub(super) type Build = fn(project: &Path, tools: &Path) -> anyhow::Result<PathBuf>;

/// How a language's project is built.
pub(super) fn builder(language: Language) -> Build {
    match language {
        Language::Rust => rust::build,
        Language::Js => js::build,
        Language::Python => python::build,
        Language::C => c::build,
        Language::Go => go::build,
    }
}

/// Has a project share the packages that another one of its language has installed in itself: they are large.
pub(super) fn share_packages(from: &Path, to: &Path) -> io::Result<()> {
    let (packages, link) = (from.join(js::PACKAGES), to.join(js::PACKAGES));
    match fs::read_link(&link) {
        Ok(shared) if shared == packages => return Ok(()),
        // The workspace was moved or copied: the packages there have another SDK among them.
        Ok(_) => fs::remove_file(&link)?,
        Err(_) => {}
    }
    if !packages.is_dir() || link.exists() {
        return Ok(());
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(packages, link)?;
    Ok(())
}

/// Runs the tests of the project in a folder, which has been built, with the tools that built it.
pub(super) type Test = fn(project: &Path, tools: &Path) -> anyhow::Result<()>;

/// How a language's project is tested.
pub(super) fn tester(language: Language) -> Test {
    match language {
        Language::Rust => rust::test,
        Language::Js => js::test,
        Language::Python => python::test,
        Language::C => c::test,
        Language::Go => go::test,
    }
}

/// This machine lacks what a language is built with, and it could not be installed. The text says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct MissingTool(pub(super) String);

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn packages_are_shared_with_the_project_beside_and_not_with_that_of_another_workspace() -> io::Result<()>
    {
        let workspace = tempfile::tempdir()?;
        let (from, to) = (workspace.path().join("template"), workspace.path().join("probe"));
        fs::create_dir_all(from.join(js::PACKAGES))?;
        fs::create_dir_all(&to)?;
        let shared = || fs::read_link(to.join(js::PACKAGES));
        share_packages(&from, &to)?;
        assert_eq!(shared()?, from.join(js::PACKAGES));
        fs::remove_file(to.join(js::PACKAGES))?;
        for elsewhere in ["gone", "/"] {
            std::os::unix::fs::symlink(elsewhere, to.join(js::PACKAGES))?;
            share_packages(&from, &to)?;
            assert_eq!(shared()?, from.join(js::PACKAGES));
            share_packages(&from, &to)?;
            fs::remove_file(to.join(js::PACKAGES))?;
        }
        Ok(())
    }
}
