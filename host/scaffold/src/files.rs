//! What a project is made of, before anything is written.

use std::borrow::Cow;

use crate::error::Error;
use crate::{Language, Name, embedded};

/// Where a project has the SDK and the WIT packages, beside its own files.
const SDK: &str = "fermata/sdk/";
const WIT: &str = "fermata/wit/";
/// Where a project has what it is tried out with, the same in all languages.
const TRY: &str = "try/";
/// On which terms the SDK may be used.
const LICENSE: &str = "LICENSE";
/// What a template's file has behind its name when another program would take it for its own.
const TEMPLATE_SUFFIX: &str = ".tmpl";
/// What the Rust SDK, which is a crate of the workspace, is made of.
const RUST_SDK: [&str; 4] = ["Cargo.toml", "README.md", "src/", "wit/"];

/// A file of a new folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is in the folder, with slashes.
    pub path: String,
    /// What it holds.
    pub content: Cow<'static, [u8]>,
}

impl File {
    /// Whether it is a program by itself.
    pub fn is_executable(&self) -> bool {
        self.content.starts_with(b"#!")
    }
}

/// The files of a new worker, sorted by path.
///
/// # Errors
/// The language's template is not here.
pub fn worker_files(language: Language, name: &Name) -> Result<Vec<File>, Error> {
    let template = format!("guest-sdk/{language}/template/");
    let mut files: Vec<File> = embedded::below(&template)
        .map(|(path, content)| File { path: file_name(path, name), content: filled(content, name) })
        .collect();
    if files.is_empty() {
        return Err(Error::NotOffered { language });
    }
    let try_out = embedded::below("guest-sdk/try/")
        .map(|(path, content)| File { path: format!("{TRY}{path}"), content: filled(content, name) });
    files.extend(try_out);
    files.extend(sdk(language));
    files.extend(placed(WIT, embedded::below("wit/")));
    files.extend(placed(SDK, embedded::below("").filter(|(path, _)| *path == LICENSE)));
    files.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// The files of the WIT packages, sorted by path.
pub fn wit_files() -> Vec<File> {
    placed("", embedded::below("wit/")).collect()
}

fn sdk(language: Language) -> Vec<File> {
    match language {
        Language::Rust => {
            let is_part = |path: &str| RUST_SDK.iter().any(|part| path.starts_with(part));
            placed(SDK, embedded::below("guest-sdk/rust/").filter(|(path, _)| is_part(path))).collect()
        }
        _ => placed(SDK, embedded::below(&format!("guest-sdk/{language}/sdk/"))).collect(),
    }
}

fn placed(
    folder: &'static str,
    files: impl Iterator<Item = (&'static str, &'static [u8])>,
) -> impl Iterator<Item = File> {
    files
        .map(move |(path, content)| File { path: format!("{folder}{path}"), content: Cow::Borrowed(content) })
}

fn file_name(path: &str, name: &Name) -> String {
    replaced(path.strip_suffix(TEMPLATE_SUFFIX).unwrap_or(path), name)
}

/// The content with the worker's name in it. What is no text stays as it is.
fn filled(content: &'static [u8], name: &Name) -> Cow<'static, [u8]> {
    match std::str::from_utf8(content) {
        Ok(text) if text.contains("{{name") => Cow::Owned(replaced(text, name).into_bytes()),
        _ => Cow::Borrowed(content),
    }
}

fn replaced(text: &str, name: &Name) -> String {
    text.replace("{{name}}", name.as_str()).replace("{{name_snake}}", &name.to_snake_case())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_in_files_and_their_names() {
        let name = "check-customer".parse().unwrap();
        assert_eq!(file_name("src/{{name_snake}}.rs", &name), "src/check_customer.rs");
        assert_eq!(file_name("Cargo.toml.tmpl", &name), "Cargo.toml");
        let text = b"{{name}} {{name_snake}} {{secrets.KEY}} {{name".as_slice();
        assert_eq!(*filled(text, &name), *b"check-customer check_customer {{secrets.KEY}} {{name");
        assert_eq!(*filled(b"\xff{{name}}", &name), *b"\xff{{name}}");
    }
}
