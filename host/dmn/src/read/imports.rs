//! Models that a model imports.

use std::collections::BTreeMap;
use std::sync::Arc;

use fermata_xml::{Findings, Node};

use super::node::NodeExt;
use crate::import::{ImportError, Resolver};
use crate::model::Model;
use crate::rule;

/// The imported models by the name of the import, which may be empty.
pub(super) fn read(
    root: Node<'_>,
    resolver: Option<&Resolver<'_>>,
    findings: &mut Findings,
) -> BTreeMap<Arc<str>, Arc<Model>> {
    let mut imports = BTreeMap::new();
    for (node, namespace) in of_models(root) {
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

/// The namespaces of the models that a model imports.
pub(crate) fn imported_namespaces<'n>(root: Node<'n>) -> impl Iterator<Item = &'n str> {
    of_models(root).map(|(_, namespace)| namespace)
}

/// Other files, such as XML schemas and PMML, matter only to what refers to them, and that is refused.
fn of_models<'n>(root: Node<'n>) -> impl Iterator<Item = (Node<'n>, &'n str)> {
    root.dmn_children_named("import").filter_map(|node| {
        let is_model = node.value("importType").is_none_or(|import_type| import_type.contains("/spec/DMN/"));
        Some((node, node.value("namespace").filter(|_| is_model)?))
    })
}
