//! Elements and attributes by namespace, and their places.

use roxmltree::Attribute;

use super::SourceText;
use super::names;
use crate::findings::Place;

const BPMN_NAMESPACE: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const ZEEBE_NAMESPACE: &str = "http://camunda.org/schema/zeebe/1.0";

pub(crate) type Node<'a> = roxmltree::Node<'a, 'a>;

/// What this crate asks of an XML element.
pub(crate) trait NodeExt<'a>: Copy {
    /// The local name of an element of the BPMN namespace.
    fn bpmn_name(self) -> Option<&'a str>;
    /// The local name of an element of Zeebe's namespace.
    fn zeebe_name(self) -> Option<&'a str>;
    /// Whether Zeebe's namespace is declared here.
    fn declares_zeebe(self) -> bool;
    /// Children in the BPMN namespace, with their local names.
    fn bpmn_children(self) -> impl Iterator<Item = (&'a str, Node<'a>)>;
    /// Children in Zeebe's namespace, with their local names.
    fn zeebe_children(self) -> impl Iterator<Item = (&'a str, Node<'a>)>;
    /// The value of an attribute without namespace, unless it is empty.
    fn value(self, attribute: &str) -> Option<&'a str>;
    /// An attribute without namespace as text, unless it is empty.
    fn text_of(self, attribute: &str) -> Option<SourceText<'a>>;
    /// The opening tag's name.
    fn place(self) -> Place;
    /// An attribute's value; the opening tag's name when there is no such attribute.
    fn attribute_place(self, attribute: &str) -> Place;
}

impl<'a> NodeExt<'a> for Node<'a> {
    fn bpmn_name(self) -> Option<&'a str> {
        name_in(self, BPMN_NAMESPACE)
    }

    fn zeebe_name(self) -> Option<&'a str> {
        name_in(self, ZEEBE_NAMESPACE)
    }

    fn declares_zeebe(self) -> bool {
        self.namespaces().any(|namespace| namespace.uri() == ZEEBE_NAMESPACE)
    }

    fn bpmn_children(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        self.children().filter_map(|child| child.bpmn_name().map(|name| (name, child)))
    }

    fn zeebe_children(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        self.children().filter_map(|child| child.zeebe_name().map(|name| (name, child)))
    }

    fn value(self, attribute: &str) -> Option<&'a str> {
        self.attribute(attribute).filter(|value| !value.is_empty())
    }

    fn text_of(self, attribute: &str) -> Option<SourceText<'a>> {
        self.attribute_node(attribute)
            .filter(|attribute| !attribute.value().is_empty())
            .map(|attribute| SourceText::of_attribute(self, attribute))
    }

    fn place(self) -> Place {
        let range = self.range();
        let tag = &self.document().input_text()[range.clone()];
        let length = tag.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').unwrap_or(tag.len());
        Place { span: range.start..range.start + length, element: names::element_id(self) }
    }

    fn attribute_place(self, attribute: &str) -> Place {
        let Some(attribute) = self.attribute_node(attribute) else { return self.place() };
        Place { span: span_of(attribute), element: names::element_id(self) }
    }
}

/// Whether an attribute of XML Schema's type boolean is true.
pub(crate) fn is_true(node: Node<'_>, attribute: &str) -> bool {
    matches!(node.attribute(attribute), Some("true" | "1"))
}

fn name_in<'a>(node: Node<'a>, namespace: &str) -> Option<&'a str> {
    let name = node.tag_name();
    (node.is_element() && name.namespace() == Some(namespace)).then(|| name.name())
}

/// The value between its quotes; the whole attribute when there is nothing between them.
fn span_of(attribute: Attribute<'_, '_>) -> std::ops::Range<usize> {
    let value = attribute.range_value();
    if value.is_empty() { attribute.range() } else { value }
}
