//! Elements and attributes, and their places.

use roxmltree::Attribute;

use crate::findings::Place;

/// An XML element.
pub type Node<'a> = roxmltree::Node<'a, 'a>;

/// Elements whose children are what a modeller knows as elements.
const CONTAINERS: [&str; 5] = ["definitions", "process", "subProcess", "transaction", "adHocSubProcess"];

/// Children of containers that a modeller knows as parts of those.
const PARTS: [&str; 4] = [
    "extensionElements",
    "multiInstanceLoopCharacteristics",
    "standardLoopCharacteristics",
    "completionCondition",
];

/// The value of an attribute without namespace, unless it is empty.
pub fn value<'a>(node: Node<'a>, attribute: &str) -> Option<&'a str> {
    node.attribute(attribute).filter(|value| !value.is_empty())
}

/// Whether an attribute of XML Schema's type boolean is true.
pub fn is_true(node: Node<'_>, attribute: &str) -> bool {
    matches!(node.attribute(attribute), Some("true" | "1"))
}

/// The place of the opening tag's name.
pub fn place(node: Node<'_>) -> Place {
    let range = node.range();
    let tag = &node.document().input_text()[range.clone()];
    let length = tag.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').unwrap_or(tag.len());
    Place { span: range.start..range.start + length, element: element_id(node) }
}

/// The place of an attribute's value; of the opening tag's name when there is no such attribute.
pub fn attribute_place(node: Node<'_>, attribute: &str) -> Place {
    let Some(attribute) = node.attribute_node(attribute) else { return place(node) };
    Place { span: span_of(attribute), element: element_id(node) }
}

/// What a modeller knows as an element that `node` is or belongs to: in BPMN a flow node, sequence flow, process or
/// root element, in DMN a decision, knowledge model or other child of the definitions.
pub fn enclosing_element(node: Node<'_>) -> Option<Node<'_>> {
    let language = node.document().root_element().tag_name().namespace();
    let name_of = |node: Node<'_>| {
        let name = node.tag_name();
        (node.is_element() && name.namespace() == language).then(|| name.name().to_owned())
    };
    node.ancestors().find(|ancestor| {
        name_of(*ancestor).is_some_and(|name| !is_part(&name))
            && ancestor.parent().and_then(name_of).is_some_and(|name| CONTAINERS.contains(&&*name))
    })
}

/// Whether a child of a container with this local name is a part of the container, and no element in it.
pub fn is_part(name: &str) -> bool {
    PARTS.contains(&name)
}

/// The beginning of a name that a message shows: hostile ones do not fill the screen.
pub fn shortened(text: &str) -> &str {
    const SHOWN_BYTES_MAX: usize = 100;
    match text.char_indices().find(|(at, _)| *at >= SHOWN_BYTES_MAX) {
        Some((at, _)) => &text[..at],
        None => text,
    }
}

/// The id of the element that `node` is or belongs to.
pub(crate) fn element_id(node: Node<'_>) -> Option<String> {
    value(enclosing_element(node)?, "id").map(str::to_owned)
}

/// The value between its quotes; the whole attribute when there is nothing between them.
fn span_of(attribute: Attribute<'_, '_>) -> std::ops::Range<usize> {
    let value = attribute.range_value();
    if value.is_empty() { attribute.range() } else { value }
}
