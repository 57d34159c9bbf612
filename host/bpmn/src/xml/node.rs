//! Elements and attributes by namespace, and their places.

use fermata_xml::{Node, Place, SourceText};

const BPMN_NAMESPACE: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const ZEEBE_NAMESPACE: &str = "http://camunda.org/schema/zeebe/1.0";

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
    /// The first child of the `extensionElements` with this local name in Zeebe's namespace.
    fn extension(self, name: &str) -> Option<Node<'a>>;
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

    fn extension(self, name: &str) -> Option<Node<'a>> {
        let blocks = self.bpmn_children().filter(|(name, _)| *name == "extensionElements");
        let mut extensions = blocks.flat_map(|(_, block)| block.zeebe_children());
        extensions.find(|(other, _)| *other == name).map(|(_, node)| node)
    }

    fn value(self, attribute: &str) -> Option<&'a str> {
        fermata_xml::value(self, attribute)
    }

    fn text_of(self, attribute: &str) -> Option<SourceText<'a>> {
        self.attribute_node(attribute)
            .filter(|attribute| !attribute.value().is_empty())
            .map(|attribute| SourceText::of_attribute(self, attribute))
    }

    fn place(self) -> Place {
        fermata_xml::place(self)
    }

    fn attribute_place(self, attribute: &str) -> Place {
        fermata_xml::attribute_place(self, attribute)
    }
}

fn name_in<'a>(node: Node<'a>, namespace: &str) -> Option<&'a str> {
    let name = node.tag_name();
    (node.is_element() && name.namespace() == Some(namespace)).then(|| name.name())
}
