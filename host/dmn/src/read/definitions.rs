//! The outermost element and all that is in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use fermata_xml::{Findings, Node, Reported};

use super::element::Targets;
use super::graph::{Kind, Outline, own_namespace, references, sorted, target};
use super::imports;
use super::names::Names;
use super::node::NodeExt;
use super::reading::Reading;
use crate::import::Resolver;
use crate::model::{Element, Elements, Model};
use crate::rule;
use crate::types::Types;

/// The namespaces of DMN's versions, of which this crate reads the newest; the older ones have less in them.
const NAMESPACES: [&str; 6] = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
    "https://www.omg.org/spec/DMN/20240513/MODEL/",
];

/// The longest id of a decision.
const ID_BYTES_MAX: usize = 255;

/// The namespaces that Camunda's tools declare in their models.
const CAMUNDA_NAMESPACES: [&str; 3] = [
    "http://camunda.org/schema/modeler/1.0",
    "http://camunda.org/schema/zeebe/1.0",
    "http://camunda.org/schema/1.0/dmn",
];

/// Reads the model that `root` holds.
pub(crate) fn definitions(
    root: Node<'_>,
    resolver: Option<&Resolver<'_>>,
    findings: &mut Findings,
) -> Result<Model, Reported> {
    let name = root.tag_name();
    if name.name() != "definitions" || !name.namespace().is_some_and(|found| NAMESPACES.contains(&found)) {
        let message = format!("the outermost element is `{}`, expected `definitions` of DMN", name.name());
        return Err(findings.error(rule::NOT_DMN, root.place(), message));
    }
    let imports = imports::read(root, resolver, findings);
    let mut names = Names::of(root);
    imports.values().flat_map(|model| &model.names).for_each(|name| names.insert(name));
    let checks_types = !is_of_camunda(root);
    let mut reading = Reading { findings, imports, names, types: Arc::new(Types::default()), checks_types };
    reading.items(root);
    let outlines = reading.outlines(root);
    if outlines.values().all(|outline| outline.kind == Kind::Input) && reading.types.items.is_empty() {
        let message = "the model decides nothing: it has no decision, knowledge model or decision service";
        return Err(reading.findings.error(rule::NO_DECISION, root.place(), message));
    }
    let order = sorted(&outlines, reading.findings);
    let mut targets = Targets { outlines: &outlines, read: Elements::default() };
    for id in order {
        let Some(outline) = outlines.get(&id) else { continue };
        // What could not be read has been reported, and so keeps the whole model from being used.
        if let Ok(element) = reading.element(outline, &id, &targets) {
            targets.read.insert(id, element);
        }
    }
    let elements = targets.read;
    let mut in_order: Vec<(&String, &Outline<'_>)> = outlines.iter().collect();
    in_order.sort_by_key(|(_, outline)| outline.node.range().start);
    let (mut decisions, mut services) = (Vec::new(), Vec::new());
    for (id, _) in in_order {
        match elements.get(id) {
            Some(Element::Decision(decision)) => decisions.push(Arc::clone(decision)),
            Some(Element::Service(service)) => services.push(Arc::clone(service)),
            _ => {}
        }
    }
    Ok(Model {
        id: root.value("id").unwrap_or_default().to_owned(),
        name: root.value("name").unwrap_or_default().to_owned(),
        namespace: own_namespace(root).to_owned(),
        types: Arc::clone(&reading.types),
        names: reading.names.iter().cloned().collect(),
        decisions,
        services,
        elements,
        imports: reading.imports.into_values().collect(),
    })
}

/// Whether the model was made for Camunda, which takes its types for remarks.
fn is_of_camunda(root: Node<'_>) -> bool {
    root.namespaces().any(|namespace| CAMUNDA_NAMESPACES.contains(&namespace.uri()))
}

impl Reading<'_> {
    /// The id of an element. One that was accepted without goes by its name.
    pub(super) fn id_of(&mut self, node: Node<'_>) -> Option<String> {
        if let Some(id) = node.value("id") {
            if id.len() > ID_BYTES_MAX {
                let message = format!(
                    "the id of {} takes {} bytes, the limit is {ID_BYTES_MAX}",
                    node.describe(),
                    id.len()
                );
                let _ = self.findings.refuse(rule::ID_LENGTH, node.attribute_place("id"), message);
            }
            return Some(id.to_owned());
        }
        let message = format!("{} has no id", node.describe());
        self.findings.refuse(rule::MISSING_ID, node.place(), message).ok().and(node.name())
    }

    /// The elements that others can require, by id.
    fn outlines<'a>(&mut self, root: Node<'a>) -> BTreeMap<String, Outline<'a>> {
        let mut outlines = BTreeMap::new();
        for (name, node) in root.dmn_children() {
            let Some(kind) = Kind::of(name) else { continue };
            let Some(id) = self.id_of(node) else { continue };
            let own = own_namespace(root);
            let local = references(node, kind).into_iter().filter_map(|reference| {
                let (namespace, id) = target(reference, own)?;
                namespace.is_empty().then(|| (reference, id.to_owned()))
            });
            let outline = Outline { node, kind, local: local.collect() };
            if outlines.insert(id.clone(), outline).is_some() {
                let message = format!("the id `{}` occurs twice", fermata_xml::shortened(&id));
                let _ = self.findings.error(rule::DUPLICATE_ID, node.attribute_place("id"), message);
            }
        }
        outlines
    }
}
