//! Ids name one thing each.

use std::collections::HashMap;

use crate::reading::Reading;
use crate::rule;
use crate::xml::{Node, NodeExt, describe};

/// The longest id, in bytes.
pub const ID_BYTES_MAX: usize = 255;

/// Checks that ids are not too long, and that no two BPMN elements of the file have the same.
/// The ids of the drawing are not looked at.
pub(crate) fn identity(reading: &mut Reading<'_>, root: Node<'_>) {
    let mut owners: HashMap<&str, Node<'_>> = HashMap::new();
    for node in root.descendants().filter(|node| node.bpmn_name().is_some()) {
        let Some(id) = node.value("id") else { continue };
        if id.len() > ID_BYTES_MAX {
            let message = format!("the id takes {} bytes, the limit is {ID_BYTES_MAX}", id.len());
            let _ = reading.findings.refuse(rule::ID_LENGTH, node.attribute_place("id"), message);
        }
        match owners.get(id) {
            None => drop(owners.insert(id, node)),
            Some(owner) => {
                let message = format!("the id `{id}` is already that of {}", describe(*owner));
                let _ = reading.findings.refuse(rule::DUPLICATE_ID, node.attribute_place("id"), message);
            }
        }
    }
}
