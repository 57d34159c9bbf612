//! The project's own WIT packages are documented and versioned to the last item.

use std::path::Path;

use wit_parser::{Docs, Interface, Resolve, Stability, TypeDefKind};

/// Collects what is missing.
#[derive(Default)]
struct Review {
    items: usize,
    complaints: Vec<String>,
}

impl Review {
    fn documented(&mut self, name: &str, docs: &Docs) {
        self.items += 1;
        if docs.contents.as_deref().unwrap_or_default().trim().is_empty() {
            self.complaints.push(format!("{name} has no doc comment"));
        }
    }

    fn versioned(&mut self, name: &str, stability: &Stability) {
        if !matches!(stability, Stability::Stable { .. }) {
            self.complaints.push(format!("{name} has no @since"));
        }
    }

    fn interface(&mut self, resolve: &Resolve, name: &str, interface: &Interface) {
        self.documented(name, &interface.docs);
        self.versioned(name, &interface.stability);
        for (function_name, function) in &interface.functions {
            let name = format!("{name}.{function_name}");
            self.documented(&name, &function.docs);
            self.versioned(&name, &function.stability);
        }
        for (type_name, id) in &interface.types {
            let name = format!("{name}.{type_name}");
            let definition = &resolve.types[*id];
            self.versioned(&name, &definition.stability);
            match &definition.kind {
                // The name of a type that another interface documents.
                TypeDefKind::Type(_) => continue,
                TypeDefKind::Record(record) => {
                    for field in &record.fields {
                        self.documented(&format!("{name}.{}", field.name), &field.docs);
                    }
                }
                TypeDefKind::Variant(variant) => {
                    for case in &variant.cases {
                        self.documented(&format!("{name}.{}", case.name), &case.docs);
                    }
                }
                TypeDefKind::Enum(cases) => {
                    for case in &cases.cases {
                        self.documented(&format!("{name}.{}", case.name), &case.docs);
                    }
                }
                other => {
                    self.complaints.push(format!("{name} is a {}, which is not reviewed", other.as_str()))
                }
            }
            self.documented(&name, &definition.docs);
        }
    }
}

/// Statements of worlds and interfaces that lack a doc comment or a version.
/// The parser keeps nothing of some of them, and cannot tell an import that is written from one that follows.
fn review_statements(review: &mut Review, file: &str, text: &str) {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (number, line) in lines.iter().enumerate() {
        let is_statement =
            ["import ", "export ", "include ", "use "].iter().any(|word| line.starts_with(word));
        if !is_statement {
            continue;
        }
        review.items += 1;
        let name = format!("{file}:{}: `{line}`", number + 1);
        let before = |lines_up: usize| number.checked_sub(lines_up).map_or("", |at| lines[at]);
        if !before(1).starts_with("@since(") {
            review.complaints.push(format!("{name} has no @since"));
        }
        if !before(2).starts_with("/// ") {
            review.complaints.push(format!("{name} has no doc comment"));
        }
    }
}

#[test]
fn every_statement_says_what_it_is_and_since_when() -> anyhow::Result<()> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut review = Review::default();
    for folder in ["worker/0.1", "worker/0.2", "host"] {
        for entry in std::fs::read_dir(wit.join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wit") {
                review_statements(&mut review, &path.display().to_string(), &std::fs::read_to_string(&path)?);
            }
        }
    }
    assert_eq!(
        review.items, 20,
        "five statements of `task` and `handler`, five of `connector`, in each version"
    );
    assert!(review.complaints.is_empty(), "{:#?}", review.complaints);

    let mut bare = Review::default();
    review_statements(
        &mut bare,
        "bare",
        "world w {\n  import a;\n\n  @since(version = 0.1.0)\n  export b;\n}",
    );
    assert_eq!(bare.complaints.len(), 3, "{:?}", bare.complaints);
    Ok(())
}

fn review_packages(review: &mut Review, resolve: &Resolve) {
    for (_, package) in resolve.packages.iter().filter(|(_, package)| package.name.namespace == "fermata") {
        review.documented(&package.name.to_string(), &package.docs);
        for (name, id) in &package.interfaces {
            review.interface(resolve, name, &resolve.interfaces[*id]);
        }
        for (name, id) in &package.worlds {
            review.documented(name, &resolve.worlds[*id].docs);
            review.versioned(name, &resolve.worlds[*id].stability);
        }
    }
}

#[test]
fn every_item_says_what_it_is_and_since_when() -> anyhow::Result<()> {
    let mut review = Review::default();
    for version in ["0.1", "0.2"] {
        let mut resolve = Resolve::default();
        resolve.push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/worker").join(version))?;
        review_packages(&mut review, &resolve);
    }
    assert!(review.items > 120, "only {} items were seen", review.items);
    assert!(review.complaints.is_empty(), "{:#?}", review.complaints);
    Ok(())
}
