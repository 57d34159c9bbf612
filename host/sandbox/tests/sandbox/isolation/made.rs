//! Components that no compiler would write.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::support::{core_module, from_core};

const REALLOC: &str = "global.get $free
    (global.set $free (i32.and (i32.const -8) (i32.add (i32.const 7) (i32.add (global.get $free) (local.get 3)))))";

/// A worker with `items`, the bodies of `cabi_realloc` and `handle`, and of what is called after its answer was read.
fn worker(items: &str, realloc: &str, body: &str, after: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 272) "\00\02\00\00\02\00\00\00")
            (data (i32.const 512) "{{}}")
            (global $free (mut i32) (i32.const 1024))
            {items}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
            (func (export "fermata:worker/handler@0.1.0#handle")
                (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {body})
            (func (export "cabi_post_fermata:worker/handler@0.1.0#handle") (param i32) {after})
        )"#
    );
    from_core(wat::parse_str(text).expect("the module is well-formed"), "task")
}

/// A worker with other `items` that does nothing.
pub(super) fn with(items: &str) -> Vec<u8> {
    worker(items, REALLOC, "i32.const 256", "")
}

/// Answers after it has done this.
pub(super) fn doing(work: &str) -> Vec<u8> {
    worker("", REALLOC, &format!("{work} i32.const 256"), "")
}

/// Does this when it is given memory to fill.
pub(super) fn in_realloc(work: &str) -> Vec<u8> {
    worker("", &format!("{work} {REALLOC}"), "i32.const 256", "")
}

/// Does this when its answer was read.
pub(super) fn after_its_answer(work: &str) -> Vec<u8> {
    worker("", REALLOC, "i32.const 256", work)
}

/// Answers with what lies at this address.
pub(super) fn answering_at(address: &str) -> Vec<u8> {
    worker("", REALLOC, &format!("i32.const {address}"), "")
}

/// A worker with so many `item`s, such as memories, beside its own memory.
pub(super) fn many(item: &str, count: usize) -> Vec<u8> {
    with(&item.repeat(count))
}

/// A component in which so many components lie, one in the other.
pub(super) fn nested(levels: usize) -> Vec<u8> {
    const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
    /// The id of the section that holds a component.
    const COMPONENT: u8 = 4;
    // From the innermost one outwards: what stands before it in the one around it.
    let (mut size, mut before) = (HEADER.len(), Vec::new());
    for _ in 1..levels {
        let mut section = HEADER.to_vec();
        section.push(COMPONENT);
        // Its size in LEB128.
        let mut left = size;
        while left >= 128 {
            section.push((left % 128) as u8 | 128);
            left /= 128;
        }
        section.push(left as u8);
        size += section.len();
        before.push(section);
    }
    before.into_iter().rev().flatten().chain(HEADER.iter().copied()).collect()
}

/// A component with so many instances of a core module.
pub(super) fn instances(count: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(count);
    component(&format!("(core module $m) {instances}"))
}

/// A component that imports a function whose parameter is a list of lists, so many levels deep.
pub(super) fn deep_type(levels: usize) -> Vec<u8> {
    let lists: String = (1..levels).map(|level| format!("(type $t{level} (list $t{}))", level - 1)).collect();
    let deepest = levels - 1;
    component(&format!(r#"(type $t0 (list u8)) {lists} (import "f" (func (param "x" $t{deepest})))"#))
}

/// A component with a function that has so many locals.
pub(super) fn locals(count: usize) -> Vec<u8> {
    component(&format!("(core module (func (local {})))", "i64 ".repeat(count)))
}

/// A component that exports nothing.
fn component(items: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {items})")).expect("the component is well-formed")
}

/// Makes so many handles to a resource of its own.
pub(super) fn handles(count: u32) -> Vec<u8> {
    let world = "package test:guest;
        interface things { resource thing; }
        world guest { export things; export fermata:worker/handler@0.1.0; }";
    let mut resolve = Resolve::default();
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/worker/0.1");
    resolve.push_dir(&wit).expect("the WIT files are well-formed");
    let package = resolve.push_str("guest.wit", world).expect("the world is well-formed");
    let world = resolve.select_world(&[package], Some("guest")).expect("the world exists");
    let import =
        r#"(import "[export]test:guest/things" "[resource-new]thing" (func $new (param i32) (result i32)))"#;
    let body = format!(
        "(local $left i32)
         (local.set $left (i32.const {count}))
         (loop $again
             (drop (call $new (i32.const 1)))
             (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
         i32.const 256"
    );
    let mut module = core_module(import, &body);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the world is embedded");
    ComponentEncoder::default()
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .expect("the module fits its world")
}
