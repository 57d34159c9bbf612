//! `zeebe:linkedResources`: deployed files that a worker asks for.

use super::binding;
use super::extension::Extensions;
use crate::findings::Reported;
use crate::model::LinkedResource;
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, describe};
use crate::{expression, rule};

/// Files that one task may link to: each is looked up when its job is created, and told in one header.
const LINKED_RESOURCES_MAX: usize = 50;

/// The files that a task links to, in the model's order.
pub(crate) fn resources(
    reading: &mut Reading<'_>,
    owner: Node<'_>,
    extensions: &Extensions<'_>,
) -> Result<Vec<LinkedResource>, Reported> {
    let nodes = extensions.get("linkedResources").into_iter().flat_map(|node| node.zeebe_children());
    let nodes = nodes.filter(|(name, _)| *name == "linkedResource").map(|(_, node)| node);
    let mut resources = Vec::new();
    for (index, node) in nodes.enumerate() {
        if index == LINKED_RESOURCES_MAX {
            let message = format!(
                "{} links to more than {LINKED_RESOURCES_MAX} resources: remove some",
                describe(owner)
            );
            reading.findings.refuse(rule::LINKED_RESOURCE, node.place(), message)?;
            break;
        }
        resources.push(resource(reading, owner, node).transpose());
    }
    resources.into_iter().flatten().collect()
}

/// One file; what was accepted without an id links to nothing.
fn resource(
    reading: &mut Reading<'_>,
    owner: Node<'_>,
    node: Node<'_>,
) -> Result<Option<LinkedResource>, Reported> {
    let binding = binding::of_file(reading, node);
    let mut plain = |name| node.text_of(name).map(|text| expression::plain(reading, text)).transpose();
    let (resource_type, link_name) = (plain("resourceType"), plain("linkName"));
    let Some(id) = node.text_of("resourceId") else {
        let message = format!("a linked resource of {} has no `resourceId`", describe(owner));
        let place = node.attribute_place("resourceId");
        reading.findings.refuse(rule::LINKED_RESOURCE, place, message)?;
        return Ok(None);
    };
    let id = expression::text(reading, id);
    Ok(Some(LinkedResource {
        id: id?,
        binding: binding?,
        resource_type: resource_type?,
        link_name: link_name?,
    }))
}
