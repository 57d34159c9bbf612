//! What keeps a host from running a component, for people and for programs.

use crate::HANDLER_NAMES;

/// What keeps a host from running a component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It does no jobs.
    #[error("it exports no job handler; export {}", handlers())]
    NoHandler,
    /// It was built against another version of the contract.
    #[error("it exports `{found}`, which this host does not know; build it against {}", handlers())]
    UnknownHandler {
        /// What it exports instead.
        found: String,
    },
    /// It needs something that the host does not link.
    #[error("it imports `{name}`, which this host does not offer{}", instead(offered.as_deref()))]
    UnknownImport {
        /// What it imports.
        name: String,
        /// What the host offers of the same package.
        offered: Option<String>,
    },
    /// Nobody could tell which jobs it does.
    #[error("it carries no manifest; run `fermata worker pack`")]
    NoManifest,
    /// What it carries as its manifest is none.
    #[error("{0}")]
    InvalidManifest(String),
}

impl Problem {
    /// What programs know it by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoHandler => "NO_HANDLER",
            Self::UnknownHandler { .. } => "UNKNOWN_HANDLER",
            Self::UnknownImport { .. } => "UNKNOWN_IMPORT",
            Self::NoManifest => "NO_MANIFEST",
            Self::InvalidManifest(_) => "INVALID_MANIFEST",
        }
    }

    /// The export or import that it is about.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::UnknownHandler { found: name } | Self::UnknownImport { name, .. } => Some(name),
            Self::NoHandler | Self::NoManifest | Self::InvalidManifest(_) => None,
        }
    }

    /// What this host has in its place.
    pub fn offered(&self) -> Vec<String> {
        match self {
            Self::NoHandler | Self::UnknownHandler { .. } => {
                HANDLER_NAMES.iter().map(|&name| name.to_owned()).collect()
            }
            Self::UnknownImport { offered, .. } => offered.iter().cloned().collect(),
            Self::NoManifest | Self::InvalidManifest(_) => Vec::new(),
        }
    }
}

fn handlers() -> String {
    HANDLER_NAMES.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

fn instead(offered: Option<&str>) -> String {
    offered.map(|offered| format!("; it offers `{offered}`")).unwrap_or_default()
}
