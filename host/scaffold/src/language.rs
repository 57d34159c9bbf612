//! The languages that workers are written in.

use std::fmt;
use std::str::FromStr;

use crate::embedded;

/// A language that workers are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Rust.
    Rust,
    /// JavaScript and TypeScript.
    Js,
    /// Python.
    Python,
    /// C.
    C,
    /// Go.
    Go,
}

/// A text that names no language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no language of workers: expected one of {all}", all = listed(&Language::ALL))]
pub struct ParseLanguageError(String);

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rust, Self::Js, Self::Python, Self::C, Self::Go];

    /// Those whose template and SDK are here.
    pub fn offered() -> Vec<Self> {
        Self::ALL.into_iter().filter(|language| language.is_offered()).collect()
    }

    /// Whether its template is here.
    pub fn is_offered(self) -> bool {
        embedded::below(&format!("guest-sdk/{self}/template/")).next().is_some()
    }

    /// What has to be installed before a project of it can be built, as its README says.
    pub fn needs(self) -> &'static str {
        match self {
            Self::Rust => "Rust 1.95 or newer",
            Self::Js => "Node.js 20 or newer",
            Self::Python => "Python 3.10 or newer",
            Self::C => "a clang that knows WebAssembly",
            Self::Go => "Go 1.25 or newer",
        }
    }

    /// The commands that come once before the first build, in the project's folder.
    pub fn preparation(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["rustup target add wasm32-wasip2"],
            Self::Js => &["npm ci"],
            Self::Python => {
                &["python3 -m venv .venv", ". .venv/bin/activate", "pip install -r requirements.txt"]
            }
            // They fetch nothing; how a compiler is installed depends on the system.
            Self::C | Self::Go => &[],
        }
    }

    /// As it is written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Js => "js",
            Self::Python => "python",
            Self::C => "c",
            Self::Go => "go",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = ParseLanguageError;

    fn from_str(text: &str) -> Result<Self, ParseLanguageError> {
        Self::ALL
            .into_iter()
            .find(|language| language.as_str() == text)
            .ok_or_else(|| ParseLanguageError(text.to_owned()))
    }
}

/// `rust, js`.
pub(crate) fn listed(languages: &[Language]) -> String {
    languages.iter().map(|language| language.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_as_it_is_written() {
        for language in Language::ALL {
            assert_eq!(language.to_string().parse(), Ok(language));
        }
        let error = "cobol".parse::<Language>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`cobol` is no language of workers: expected one of rust, js, python, c, go"
        );
    }
}
