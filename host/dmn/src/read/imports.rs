//! Models that a model imports.

use std::collections::BTreeMap;
use std::sync::Arc;

use fermata_xml::{Findings, Node};

use super::node::NodeExt;
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
        match resolver.and_then(|resolver| resolver(namespace)) {
            Some(model) => {
                if imports.insert(name, model).is_some() {
                    let message = format!("two imports have the same name; `{shown}` needs another");
                    let _ = findings.error(rule::IMPORT, node.attribute_place("name"), message);
                }
            }
            None => {
                let message = format!(
                    "there is no model with the namespace `{shown}`: deploy it together with this one"
                );
                let _ = findings.error(rule::IMPORT, node.attribute_place("namespace"), message);
            }
        }
    }
    imports
}
