//! Components: the ones that `cargo xtask guests` builds, and small ones written in WebAssembly text.

use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A component that `cargo xtask guests` has built. `FERMATA_GUESTS` names another folder to look in.
pub(crate) fn built(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("FERMATA_GUESTS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/components"),
        PathBuf::from,
    );
    let path = folder.join(name).with_extension("wasm");
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("run `cargo xtask guests` first: {} ({error})", path.display()))
}

/// A core module around the body of `handle`, which answers with the address of its result.
///
/// At address 256 lies the result `completed("{}")`.
/// `$grow-table` is a table, `$memory` the memory; `items` are further items of the module.
pub(crate) fn core_module(items: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (type $handle (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
            {items}
            (memory $memory (export "memory") 1)
            (table $grow-table 1 funcref)
            (data (i32.const 272) "\00\02\00\00\02\00\00\00")
            (data (i32.const 512) "{{}}")
            (global $free (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                global.get $free
                (global.set $free (i32.and (i32.const -8)
                    (i32.add (i32.const 7) (i32.add (global.get $free) (local.get 3))))))
            (func (export "fermata:worker/handler@0.1.0#handle") (type $handle)
                {body})
        )"#
    );
    wat::parse_str(text).expect("the module is well-formed")
}

/// A component made of a core module that is written against `world` of package `fermata:worker`.
pub(crate) fn from_core(mut module: Vec<u8>, world: &str) -> Vec<u8> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/worker/0.1");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&wit).expect("the WIT files are well-formed");
    let world = resolve.select_world(&[package], Some(world)).expect("the world exists");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the world is embedded");
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("the module fits its world")
}

/// A small component around the body of `handle`, see [`core_module`].
pub(crate) fn small(items: &str, body: &str) -> Vec<u8> {
    from_core(core_module(items, body), "task")
}

/// What [`other_world`] exports.
pub(crate) const OTHER_EXPORT: &str = "acme-co:report/printer@1.0.0";

/// A whole component that is written with the SDK and carries a manifest, and exports [`OTHER_EXPORT`]
/// where the host looks for a handler. No build would pack it, so it is the worker `echo` under another name.
pub(crate) fn other_world() -> Vec<u8> {
    let handler = b"fermata:worker/handler@0.2.0";
    let mut component = built("echo");
    let mut from = 0;
    while let Some(found) = component[from..].windows(handler.len()).position(|name| name == handler) {
        let place = from + found..from + found + handler.len();
        from = place.end;
        component[place].copy_from_slice(OTHER_EXPORT.as_bytes());
    }
    component
}

/// Completed with a text of 40 MiB.
pub(crate) fn beyond_all_bounds() -> Vec<u8> {
    small(
        "",
        "(drop (memory.grow (i32.const 700)))
         (i32.store (i32.const 276) (i32.const 41943040))
         i32.const 256",
    )
}
