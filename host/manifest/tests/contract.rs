//! Released versions of the WIT packages do not change in a way that components notice.
//!
//! `golden/PACKAGE.wit` has a line for every type, function and world item of a version. A line is never changed or removed.
//! Packages that components import from may get further lines (`UPDATE_WIT=1` adds them);
//! those that they export to, and the types in them, may not: whoever exports would lack what is new.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use wit_parser::{Function, Handle, PackageId, Resolve, Type, TypeDefKind, TypeId, WorldItem, WorldKey};

/// The versions that components may be written against: folder below `wit`, package, and whether it may grow.
const RELEASED: [(&str, &str, bool); 3] = [
    ("worker/0.1", "fermata:worker@0.1.0", false),
    ("worker/0.2", "fermata:worker@0.2.0", false),
    ("worker/0.2", "fermata:host@0.1.0", true),
];

#[test]
fn what_was_released_stays_as_it_is() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let updates = std::env::var_os("UPDATE_WIT").is_some();
    for (folder, name, grows) in RELEASED {
        let lines = lines(&root.join("../../wit").join(folder), name)?;
        let path = root.join("tests/golden").join(format!("{}.wit", name.replace([':', '@'], "-")));
        let golden = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(_) if updates => String::new(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let golden: BTreeSet<String> = golden.lines().map(str::to_owned).collect();
        let gone: Vec<_> = golden.difference(&lines).collect();
        assert!(gone.is_empty(), "{name} has lost or changed what components rely on: {gone:#?}");
        let new: Vec<_> = lines.difference(&golden).collect();
        if new.is_empty() {
            continue;
        }
        assert!(grows || golden.is_empty(), "{name} has got what components lack: {new:#?}");
        assert!(updates, "{name} has grown; UPDATE_WIT=1 takes these into {}: {new:#?}", path.display());
        let text = lines.iter().fold(String::new(), |text, line| text + line + "\n");
        std::fs::write(&path, text)?;
    }
    Ok(())
}

#[test]
fn a_change_shows() -> anyhow::Result<()> {
    let lines_of = |text: &str| -> anyhow::Result<BTreeSet<String>> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("test.wit", text)?;
        described(&resolve, package)
    };
    let before = lines_of("package a:b@1.0.0; interface i { record r { a: u32 } f: func(r: r) -> bool; }")?;
    assert_eq!(before.len(), 2, "{before:?}");
    for changed in [
        "package a:b@1.0.0; interface i { record r { a: u32, b: u8 } f: func(r: r) -> bool; }",
        "package a:b@1.0.0; interface i { record r { a: u64 } f: func(r: r) -> bool; }",
        "package a:b@1.0.0; interface i { record r { a: u32 } f: func(r: list<r>) -> bool; }",
        "package a:b@1.0.0; interface i { record r { a: u32 } }",
    ] {
        assert!(!lines_of(changed)?.is_superset(&before), "{changed}");
    }
    let grown =
        lines_of("package a:b@1.0.0; interface i { record r { a: u32 } f: func(r: r) -> bool; g: func(); }")?;
    assert!(grown.is_superset(&before) && grown.len() == 3, "{grown:?}");
    Ok(())
}

fn lines(folder: &Path, name: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut resolve = Resolve::default();
    resolve.push_path(folder)?;
    let found = resolve.packages.iter().find(|(_, package)| package.name.to_string() == name);
    let (package, _) = found.with_context(|| format!("{} has no package {name}", folder.display()))?;
    described(&resolve, package)
}

/// A line for everything in a package that components can notice.
fn described(resolve: &Resolve, package: PackageId) -> anyhow::Result<BTreeSet<String>> {
    let mut lines = BTreeSet::new();
    let package = &resolve.packages[package];
    for (name, id) in &package.interfaces {
        let interface = &resolve.interfaces[*id];
        for (type_name, id) in &interface.types {
            lines.insert(format!("{name}.{type_name}: {}", definition(resolve, *id)?));
        }
        for (function_name, function) in &interface.functions {
            lines.insert(format!("{name}.{function_name}: {}", signature(resolve, function)?));
        }
    }
    for (name, id) in &package.worlds {
        let world = &resolve.worlds[*id];
        let mut item = |verb: &str, key: &WorldKey, item: &WorldItem| {
            if matches!(item, WorldItem::Interface { .. }) {
                lines.insert(format!("world {name}: {verb} {}", resolve.name_world_key(key)));
            }
        };
        world.imports.iter().for_each(|(key, imported)| item("import", key, imported));
        world.exports.iter().for_each(|(key, exported)| item("export", key, exported));
    }
    Ok(lines)
}

fn signature(resolve: &Resolve, function: &Function) -> anyhow::Result<String> {
    let mut text = "func(".to_owned();
    for parameter in &function.params {
        write!(text, "{}: {}, ", parameter.name, type_name(resolve, &parameter.ty)?)?;
    }
    text.push(')');
    if let Some(result) = &function.result {
        write!(text, " -> {}", type_name(resolve, result)?)?;
    }
    Ok(text)
}

/// What a type is made of, types that have names by their names.
fn definition(resolve: &Resolve, id: TypeId) -> anyhow::Result<String> {
    let optional = |ty: &Option<Type>| -> anyhow::Result<String> {
        ty.as_ref().map_or(Ok("_".to_owned()), |ty| type_name(resolve, ty))
    };
    let mut text = String::new();
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            text.push_str("record { ");
            for field in &record.fields {
                write!(text, "{}: {}, ", field.name, type_name(resolve, &field.ty)?)?;
            }
            text.push('}');
        }
        TypeDefKind::Variant(variant) => {
            text.push_str("variant { ");
            for case in &variant.cases {
                write!(text, "{}({}), ", case.name, optional(&case.ty)?)?;
            }
            text.push('}');
        }
        TypeDefKind::Enum(cases) => {
            let names: Vec<&str> = cases.cases.iter().map(|case| case.name.as_str()).collect();
            write!(text, "enum {{ {} }}", names.join(", "))?;
        }
        TypeDefKind::Flags(flags) => {
            let names: Vec<&str> = flags.flags.iter().map(|flag| flag.name.as_str()).collect();
            write!(text, "flags {{ {} }}", names.join(", "))?;
        }
        TypeDefKind::Type(ty) => write!(text, "= {}", type_name(resolve, ty)?)?,
        TypeDefKind::List(element) => write!(text, "list<{}>", type_name(resolve, element)?)?,
        TypeDefKind::Option(element) => write!(text, "option<{}>", type_name(resolve, element)?)?,
        TypeDefKind::Result(result) => {
            write!(text, "result<{}, {}>", optional(&result.ok)?, optional(&result.err)?)?;
        }
        TypeDefKind::Tuple(tuple) => {
            text.push_str("tuple<");
            for ty in &tuple.types {
                write!(text, "{}, ", type_name(resolve, ty)?)?;
            }
            text.push('>');
        }
        TypeDefKind::Resource => text.push_str("resource"),
        TypeDefKind::Handle(Handle::Own(resource)) => write!(text, "own<{}>", named(resolve, *resource)?)?,
        TypeDefKind::Handle(Handle::Borrow(resource)) => {
            write!(text, "borrow<{}>", named(resolve, *resource)?)?;
        }
        other => anyhow::bail!("a {} is not described", other.as_str()),
    }
    Ok(text)
}

fn named(resolve: &Resolve, id: TypeId) -> anyhow::Result<String> {
    match &resolve.types[id].name {
        Some(name) => Ok(name.clone()),
        None => definition(resolve, id),
    }
}

fn type_name(resolve: &Resolve, ty: &Type) -> anyhow::Result<String> {
    match ty {
        Type::Id(id) => named(resolve, *id),
        primitive => Ok(format!("{primitive:?}").to_lowercase()),
    }
}
