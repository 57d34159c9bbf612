//! A core module as a component.
//!
//! Compilers that know no components make modules: they import what bindings of a world import. The world's description
//! and the adapter between WASI's first preview and its components are added here, so that an author of a worker needs
//! no other tools for it.

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{BinaryReaderError, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

/// What the sections begin with in which bindings of some languages describe the world themselves.
const WORLD_SECTION_PREFIX: &str = "component-type";

/// Why a core module does not become a component.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// The bytes are no valid module.
    #[error("the module is damaged")]
    Malformed(#[from] BinaryReaderError),
    /// Neither the module nor anybody else says what it was compiled against.
    #[error(
        "the module does not say which world it was compiled against: name the folder of its WIT packages with `--wit`"
    )]
    NoWorld,
    /// The module and the world do not fit.
    #[error("the module does not fit the world: {0}")]
    Misfit(String),
}

/// Whether the bytes begin like a core module.
pub fn is_module(bytes: &[u8]) -> bool {
    Parser::is_core_wasm(bytes)
}

/// The component of a core module that was compiled against a world.
///
/// A module whose bindings have described the world in it needs none; where there is both, the description in it counts.
///
/// # Errors
/// The module is damaged, imports what the world does not have, or lacks what the world exports.
pub fn componentize(module: &[u8], world: Option<(&Resolve, WorldId)>) -> Result<Vec<u8>, ModuleError> {
    let mut module = module.to_vec();
    if !describes_its_world(&module)? {
        let (resolve, world) = world.ok_or(ModuleError::NoWorld)?;
        embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).map_err(misfit)?;
    }
    let mut encoder = ComponentEncoder::default().validate(true).module(&module).map_err(misfit)?;
    encoder = encoder
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)
        .map_err(misfit)?;
    encoder.encode().map_err(misfit)
}

fn describes_its_world(module: &[u8]) -> Result<bool, BinaryReaderError> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload?
            && section.name().starts_with(WORLD_SECTION_PREFIX)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says what the encoder says, with its causes.
fn misfit(error: impl std::fmt::Display) -> ModuleError {
    ModuleError::Misfit(format!("{error:#}"))
}
