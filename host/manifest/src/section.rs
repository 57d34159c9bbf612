//! The custom section of the outer component that carries the manifest.

use std::ops::Range;

use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmparser::{BinaryReaderError, Chunk, Parser, Payload};

use crate::{Manifest, ManifestError, limits};

/// The name of the custom section.
pub const SECTION_NAME: &str = "fermata:manifest";

/// Why a manifest cannot be read from or written into some bytes.
#[derive(Debug, thiserror::Error)]
pub enum SectionError {
    /// The bytes are not WebAssembly at all.
    #[error("this is not WebAssembly: the file does not begin with `\\0asm`")]
    NotWasm,
    /// The bytes are a core module.
    #[error(
        "this is a core WebAssembly module, not a component; run `fermata worker pack FILE.wasm --wit fermata/wit` or build for wasm32-wasip2"
    )]
    CoreModule,
    /// The bytes begin like a component and go on as something else.
    #[error("the component is damaged")]
    Malformed(#[from] BinaryReaderError),
    /// The bytes end in the middle of a section.
    #[error("the component is cut off after {bytes} bytes")]
    Truncated {
        /// How many bytes there are.
        bytes: usize,
    },
    /// Two sections of the same name contradict each other.
    #[error("the component carries two manifests; pack it again")]
    Duplicate,
    /// The manifest is larger than [`limits::MANIFEST_BYTES_MAX`].
    #[error("the manifest has {bytes} bytes; at most {} are allowed", limits::MANIFEST_BYTES_MAX)]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The section's content is not a manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl SectionError {
    /// Whether the component may be all right but for its manifest.
    pub(crate) fn is_about_manifest(&self) -> bool {
        matches!(self, Self::Duplicate | Self::TooLarge { .. } | Self::Manifest(_))
    }
}

/// The component with the manifest in it, in place of one that it already carries.
pub fn embed(component: &[u8], manifest: &Manifest) -> Result<Vec<u8>, SectionError> {
    let json = manifest.to_json()?;
    if json.len() > limits::MANIFEST_BYTES_MAX {
        return Err(SectionError::TooLarge { bytes: json.len() });
    }
    let mut packed = Vec::with_capacity(component.len() + json.len() + 64);
    let mut copied_to = 0;
    for section in sections(component)? {
        packed.extend_from_slice(&component[copied_to..section.whole.start]);
        copied_to = section.whole.end;
    }
    packed.extend_from_slice(&component[copied_to..]);
    CustomSection { name: SECTION_NAME.into(), data: json.into() }.append_to_component(&mut packed);
    Ok(packed)
}

/// The manifest that a component carries. Nothing of the component runs.
pub fn read(component: &[u8]) -> Result<Option<Manifest>, SectionError> {
    let sections = sections(component)?;
    let section = match sections.as_slice() {
        [] => return Ok(None),
        [section] => section,
        [_, _, ..] => return Err(SectionError::Duplicate),
    };
    let json = &component[section.data.clone()];
    if json.len() > limits::MANIFEST_BYTES_MAX {
        return Err(SectionError::TooLarge { bytes: json.len() });
    }
    Ok(Some(Manifest::from_json(json)?))
}

/// Refuses everything that does not begin as a component does.
pub(crate) fn check_component(bytes: &[u8]) -> Result<(), SectionError> {
    if Parser::is_component(bytes) {
        Ok(())
    } else if Parser::is_core_wasm(bytes) {
        Err(SectionError::CoreModule)
    } else {
        Err(SectionError::NotWasm)
    }
}

/// Where a section of our name lies.
struct ManifestSection {
    /// With its header.
    whole: Range<usize>,
    /// Only its content.
    data: Range<usize>,
}

/// The sections of our name at the outermost level. What is nested belongs to somebody else.
fn sections(component: &[u8]) -> Result<Vec<ManifestSection>, SectionError> {
    check_component(component)?;
    let mut found = Vec::new();
    let mut parser = Parser::new(0);
    let mut offset = 0;
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(&component[offset..], true)? else {
            unreachable!("all bytes are there, so the parser never asks for more");
        };
        let whole = offset..offset + consumed;
        offset = whole.end;
        match payload {
            Payload::CustomSection(section) if section.name() == SECTION_NAME => {
                let data = whole.end - section.data().len()..whole.end;
                found.push(ManifestSection { whole, data });
            }
            // The outer parser goes on behind the nested module or component.
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => {
                if unchecked_range.end > component.len() {
                    return Err(SectionError::Truncated { bytes: component.len() });
                }
                offset = unchecked_range.end;
            }
            Payload::End(_) => return Ok(found),
            _ => {}
        }
    }
}
