//! What a component exports, imports and wants, and what would keep this host from running it.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use wit_parser::decoding::{DecodedWasm, decode};

use crate::offered::nearest_offer;
use crate::{HANDLER_NAMES, Manifest, Problem, SectionError, is_offered_import, read, section};

/// A component seen from outside.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Its size in bytes.
    pub size_bytes: usize,
    /// The SHA-256 of its bytes in lower-case hexadecimal.
    pub digest: String,
    /// The names that it exports, in its order.
    pub exports: Vec<String>,
    /// The names that it imports, in its order.
    pub imports: Vec<String>,
    /// The handler that the host would call.
    pub handler: Option<&'static str>,
    /// The manifest that it carries.
    pub manifest: Option<Manifest>,
    /// What keeps this host from running it; none means that it can be uploaded.
    pub problems: Vec<Problem>,
}

/// Why some bytes cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// They are not a component, or its manifest cannot be read.
    #[error(transparent)]
    Section(#[from] SectionError),
    /// They begin like a component but are not a valid one.
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// They are an interface description in binary form.
    #[error("this is a WIT package in binary form, not a component")]
    WitPackage,
}

impl InspectError {
    /// What programs know it by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Section(SectionError::NotWasm) => "NOT_WEBASSEMBLY",
            Self::Section(SectionError::CoreModule) => "CORE_MODULE",
            Self::Section(_) | Self::Invalid(_) => "INVALID_COMPONENT",
            Self::WitPackage => "WIT_PACKAGE",
        }
    }
}

/// Looks into a component. Nothing of it runs.
pub fn inspect(component: &[u8]) -> Result<Inspection, InspectError> {
    section::check_component(component)?;
    let mut problems = Vec::new();
    let manifest = match read(component) {
        Ok(manifest) => {
            problems.extend(manifest.is_none().then_some(Problem::NoManifest));
            manifest
        }
        Err(error) if error.is_about_manifest() => {
            problems.push(Problem::InvalidManifest(error.to_string()));
            None
        }
        Err(error) => return Err(error.into()),
    };
    let decoded = decode(component).map_err(|error| InspectError::Invalid(format!("{error:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(InspectError::WitPackage);
    };
    let world = &resolve.worlds[world];
    let names = |items: &mut dyn Iterator<Item = &wit_parser::WorldKey>| -> Vec<String> {
        items.map(|key| resolve.name_world_key(key)).collect()
    };
    let exports = names(&mut world.exports.keys());
    let imports = names(&mut world.imports.keys());
    let handler = HANDLER_NAMES.iter().copied().find(|known| exports.iter().any(|name| name == known));

    if handler.is_none() {
        let other = exports.iter().find(|name| name.starts_with("fermata:worker/handler@"));
        problems.push(match other {
            Some(found) => Problem::UnknownHandler { found: found.clone() },
            None => Problem::NoHandler,
        });
    }
    let unknown = imports.iter().filter(|name| !is_offered_import(name));
    problems.extend(
        unknown.map(|name| Problem::UnknownImport { name: name.clone(), offered: nearest_offer(name) }),
    );
    Ok(Inspection {
        size_bytes: component.len(),
        digest: digest(component),
        exports,
        imports,
        handler,
        manifest,
        problems,
    })
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
        text
    })
}
