//! What the outermost element says of the model.

use super::{Node, NodeExt};

const MODELER_NAMESPACE: &str = "http://camunda.org/schema/modeler/1.0";

/// Whether the model says that it was drawn for Camunda 7.
pub(crate) fn camunda_7(definitions: Node<'_>) -> bool {
    definitions.attribute((MODELER_NAMESPACE, "executionPlatform")) == Some("Camunda Platform")
        || (definitions.attribute((MODELER_NAMESPACE, "executionPlatform")).is_none()
            && definitions
                .namespaces()
                .any(|namespace| namespace.uri() == "http://camunda.org/schema/1.0/bpmn")
            && !definitions.declares_zeebe())
}
