//! The manifest in a component, and what a component says from outside.

use std::path::Path;

use fermata_manifest::{
    InspectError, Manifest, Problem, SECTION_NAME, SectionError, embed, inspect, limits, read,
};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

const HANDLER: &str = "fermata:worker/handler@0.1.0";

/// A component without any logic that fits a world of `fermata:worker`, or of the given WIT text.
fn component(world: &str, wit: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = match wit {
        Some(wit) => resolve.push_source("test.wit", wit)?,
        None => resolve.push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/worker/0.1"))?.0,
    };
    let world = resolve.select_world(&[package], Some(world))?;
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&module)?.encode()
}

fn manifest(name: &str) -> anyhow::Result<Manifest> {
    let text = format!("name = '{name}'\nversion = '1.2.3'\nkind = 'worker'\njob-types = ['score']");
    Ok(Manifest::from_toml(&text)?)
}

fn with_section(component: &[u8], data: &[u8]) -> Vec<u8> {
    let mut component = component.to_vec();
    CustomSection { name: SECTION_NAME.into(), data: data.into() }.append_to_component(&mut component);
    component
}

#[test]
fn a_manifest_comes_out_as_it_went_in_and_replaces_an_older_one() -> anyhow::Result<()> {
    let bare = component("connector", None)?;
    assert_eq!(read(&bare)?, None);
    let first = embed(&bare, &manifest("first")?)?;
    assert_eq!(read(&first)?, Some(manifest("first")?));
    let second = embed(&first, &manifest("second")?)?;
    assert_eq!(read(&second)?, Some(manifest("second")?));
    assert_eq!(second, embed(&bare, &manifest("second")?)?, "nothing of the first is left");
    Ok(())
}

#[test]
fn a_manifest_of_a_later_version_with_more_fields_is_read() -> anyhow::Result<()> {
    let json = br#"{"name":"new","version":"1.0.0","kind":"worker","job-types":["x"],"colour":"blue"}"#;
    let read = read(&with_section(&component("task", None)?, json))?;
    assert_eq!(read.map(|manifest| manifest.name), Some("new".to_owned()));
    Ok(())
}

#[test]
fn a_component_is_seen_from_outside() -> anyhow::Result<()> {
    let packed = embed(&component("connector", None)?, &manifest("outside")?)?;
    let inspection = inspect(&packed)?;
    assert_eq!(inspection.handler, Some(HANDLER));
    assert_eq!(inspection.exports, [HANDLER]);
    assert!(inspection.imports.iter().any(|name| name == "wasi:http/outgoing-handler@0.2.12"));
    assert_eq!(inspection.manifest.map(|manifest| manifest.name), Some("outside".to_owned()));
    assert_eq!(inspection.problems, []);
    assert_eq!((inspection.size_bytes, inspection.digest.len()), (packed.len(), 64));
    Ok(())
}

#[test]
fn what_a_host_could_not_run_is_named() -> anyhow::Result<()> {
    for (wit, problem) in [
        ("package test:a; world w { export run: func(); }", Problem::NoHandler),
        (
            "package fermata:worker@0.9.0; interface handler { handle: func(); } world w { export handler; }",
            Problem::UnknownHandler { found: "fermata:worker/handler@0.9.0".to_owned() },
        ),
        (
            "package test:a; interface i { f: func(); } world w { import i; }",
            Problem::UnknownImport { name: "test:a/i".to_owned(), offered: None },
        ),
        (
            "package wasi:random@0.3.0; interface random { f: func(); } world w { import random; }",
            Problem::UnknownImport {
                name: "wasi:random/random@0.3.0".to_owned(),
                offered: Some("wasi:random/random@0.2.12".to_owned()),
            },
        ),
    ] {
        let problems = inspect(&component("w", Some(wit))?)?.problems;
        assert!(problems.contains(&problem), "{problems:?}");
        assert!(problems.contains(&Problem::NoManifest), "{problems:?}");
    }
    Ok(())
}

#[test]
fn all_problems_are_told_at_once_also_beside_a_manifest_that_is_none() -> anyhow::Result<()> {
    let wit = "package fermata:worker@0.9.0; interface handler { handle: func(); } \
               interface i { f: func(); } world w { import i; export handler; }";
    let broken = with_section(&component("w", Some(wit))?, b"{}");
    let problems = inspect(&broken)?.problems;
    let codes: Vec<_> = problems.iter().map(Problem::code).collect();
    assert_eq!(codes, ["INVALID_MANIFEST", "UNKNOWN_HANDLER", "UNKNOWN_IMPORT"], "{problems:?}");
    assert_eq!(problems[1].offered().last().map(String::as_str), Some(HANDLER));
    assert!(problems[2].to_string().contains("it offers `fermata:worker@"), "{problems:?}");
    Ok(())
}

#[test]
fn what_is_no_component_is_refused_by_what_it_is() -> anyhow::Result<()> {
    let bare = component("task", None)?;
    let noise = vec![0x5a; 1 << 20];
    assert!(matches!(read(&noise), Err(SectionError::NotWasm)));
    assert!(matches!(read(&[]), Err(SectionError::NotWasm)));
    assert!(matches!(read(b"\0asm\x01\0\0\0"), Err(SectionError::CoreModule)));
    assert!(matches!(inspect(b"\0asm\x01\0\0\0"), Err(InspectError::Section(SectionError::CoreModule))));
    for end in [9, bare.len() / 2, bare.len() - 1] {
        assert!(
            matches!(read(&bare[..end]), Err(SectionError::Malformed(_) | SectionError::Truncated { .. })),
            "{end} of {} bytes",
            bare.len()
        );
    }
    let mut broken = bare.clone();
    broken.extend_from_slice(&[0x0b, 0x02, 0xff, 0xff]);
    assert!(inspect(&broken).is_err());
    Ok(())
}

#[test]
fn a_manifest_that_is_none_is_refused() -> anyhow::Result<()> {
    let bare = component("task", None)?;
    assert!(matches!(read(&with_section(&bare, b"{}")), Err(SectionError::Manifest(_))));
    let json = manifest("twice")?.to_json()?;
    assert!(matches!(read(&with_section(&with_section(&bare, &json), &json)), Err(SectionError::Duplicate)));
    let large = vec![b' '; limits::MANIFEST_BYTES_MAX + 1];
    assert!(matches!(read(&with_section(&bare, &large)), Err(SectionError::TooLarge { .. })));
    Ok(())
}
