//! Models that a model imports.

use std::collections::BTreeMap;
use std::sync::Arc;

use fermata_xml::{Findings, Node};

use super::node::NodeExt;
use crate::files::ImportError;
use crate::model::Model;
use crate::parse::Resolver;
use crate::rule;

/// The imported models by the name of the import, which may be empty.
pub(super) fn read(
    root: Node<'_>,
    resolver: Option<&Resolver<'_>>,
    findings: &mut Findings,
) -> BTreeMap<Arc<str>, Arc<Model>> {
    let mut imports = BTreeMap::new();
    for node in root.dmn_children_named("import") {
        let Some(namespace) = node.value("namespace") else { continue };
        // Other files, such as XML schemas and PMML, matter only to what refers to them, and that is refused.
        if node.value("importType").is_some_and(|import_type| !import_type.contains("/spec/DMN/")) {
            continue;
        }
        let name: Arc<str> = node.name().unwrap_or_default().into();
        let shown = fermata_xml::shortened(namespace);
        let found = resolver.map_or(Err(ImportError::Missing), |resolver| resolver(namespace));
        match found {
            Ok(model) => {
                if imports.insert(name, model).is_some() {
                    let message = format!("two imports have the same name; `{shown}` needs another");
                    let _ = findings.error(rule::IMPORT, node.attribute_place("name"), message);
                }
            }
            Err(error) => {
                let what = match error {
                    ImportError::Missing => "there is no model with the namespace",
                    _ => "the model cannot be imported that has the namespace",
                };
                let message = format!("{what} `{shown}`: {error}");
                let _ = findings.error(rule::IMPORT, node.attribute_place("namespace"), message);
            }
        }
    }
    imports
}
