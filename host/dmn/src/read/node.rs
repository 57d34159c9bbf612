//! Elements of DMN, whatever the version of its namespace.

use fermata_xml::{Node, Place, SourceText};

const ZEEBE_NAMESPACE: &str = "http://camunda.org/schema/zeebe/1.0";

/// What this crate asks of an XML element.
pub(super) trait NodeExt<'a>: Copy {
    /// The local name of an element of DMN: of the namespace that the outermost element has.
    fn dmn_name(self) -> Option<&'a str>;
    /// Children in DMN's namespace, with their local names.
    fn dmn_children(self) -> impl Iterator<Item = (&'a str, Node<'a>)>;
    /// The first child in DMN's namespace with this local name.
    fn dmn_child(self, name: &str) -> Option<Node<'a>>;
    /// Children in DMN's namespace with this local name.
    fn dmn_children_named(self, name: &'a str) -> impl Iterator<Item = Node<'a>>;
    /// The value of an attribute without namespace, unless it is empty.
    fn value(self, attribute: &str) -> Option<&'a str>;
    /// The `name`, with single spaces between its words.
    fn name(self) -> Option<String>;
    /// The text of the child `text`.
    fn text_child(self) -> Option<SourceText<'a>>;
    /// The version tag in Zeebe's extension.
    fn version_tag(self) -> Option<&'a str>;
    /// The opening tag's name.
    fn place(self) -> Place;
    /// An attribute's value; the opening tag's name when there is no such attribute.
    fn attribute_place(self, attribute: &str) -> Place;
    /// What a finding calls the element: "decision `discount`".
    fn describe(self) -> String;
}

impl<'a> NodeExt<'a> for Node<'a> {
    fn dmn_name(self) -> Option<&'a str> {
        let name = self.tag_name();
        let language = self.document().root_element().tag_name().namespace();
        (self.is_element() && name.namespace() == language).then(|| name.name())
    }

    fn dmn_children(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        self.children().filter_map(|child| child.dmn_name().map(|name| (name, child)))
    }

    fn dmn_child(self, name: &str) -> Option<Node<'a>> {
        self.dmn_children().find(|(found, _)| *found == name).map(|(_, child)| child)
    }

    fn dmn_children_named(self, name: &'a str) -> impl Iterator<Item = Node<'a>> {
        self.dmn_children().filter(move |(found, _)| *found == name).map(|(_, child)| child)
    }

    fn value(self, attribute: &str) -> Option<&'a str> {
        fermata_xml::value(self, attribute)
    }

    fn name(self) -> Option<String> {
        let words: Vec<&str> = self.value("name")?.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    fn text_child(self) -> Option<SourceText<'a>> {
        let text = SourceText::of_content(self.dmn_child("text")?);
        (!text.as_str().is_empty()).then_some(text)
    }

    fn version_tag(self) -> Option<&'a str> {
        let extensions = self.dmn_child("extensionElements")?;
        let is_tag = |child: &Node<'_>| child.has_tag_name((ZEEBE_NAMESPACE, "versionTag"));
        extensions.children().find(is_tag)?.value("value")
    }

    fn place(self) -> Place {
        fermata_xml::place(self)
    }

    fn attribute_place(self, attribute: &str) -> Place {
        fermata_xml::attribute_place(self, attribute)
    }

    fn describe(self) -> String {
        let element = fermata_xml::enclosing_element(self).unwrap_or(self);
        let label = label(element.tag_name().name());
        match (element.value("name"), element.value("id")) {
            (Some(name), _) => format!("{label} “{}”", fermata_xml::shortened(name)),
            (None, Some(id)) => format!("{label} `{}`", fermata_xml::shortened(id)),
            (None, None) => label.to_owned(),
        }
    }
}

/// What a modeller calls an element.
pub(super) fn label(name: &str) -> &str {
    match name {
        "inputData" => "input data",
        "businessKnowledgeModel" => "business knowledge model",
        "decisionService" => "decision service",
        "itemDefinition" => "item definition",
        "decisionTable" => "decision table",
        "literalExpression" => "literal expression",
        "functionDefinition" => "function definition",
        other => other,
    }
}
