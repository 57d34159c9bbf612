//! Why a folder was not written.

use std::io;
use std::path::PathBuf;

use crate::Language;
use crate::language::listed;

/// Why a folder was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The language's template is not here.
    #[error("no template for {language} is here; here are {offered}", offered = listed(&Language::offered()))]
    NotOffered {
        /// What was asked for.
        language: Language,
    },
    /// Something is in the folder.
    #[error("{} is not empty: name a folder that is empty or does not exist", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder is a file.
    #[error("{} is a file: name a folder that is empty or does not exist", folder.display())]
    NotAFolder {
        /// What was taken for a folder.
        folder: PathBuf,
    },
    /// A file or folder cannot be written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}
