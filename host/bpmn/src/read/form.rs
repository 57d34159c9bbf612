//! Forms: those embedded in a process, and the one that a user task shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use types::{Json, VariablesError};

use super::binding;
use super::extension::Extensions;
use crate::findings::Reported;
use crate::model::{Form, Text, UserTaskImplementation};
use crate::reading::Reading;
use crate::xml::{Node, NodeExt, SourceText, describe};
use crate::{expression, rule};

/// How a form key begins that names an embedded form.
const EMBEDDED_PREFIX: &str = "camunda-forms:bpmn:";

/// `zeebe:userTaskForm` of a process by id. Those with errors are reported and still listed.
pub(crate) fn embedded(
    reading: &mut Reading<'_>,
    extensions: &Extensions<'_>,
) -> BTreeMap<Arc<str>, Arc<str>> {
    let mut forms = BTreeMap::new();
    for node in extensions.all("userTaskForm") {
        let Some(id) = node.value("id") else {
            let message = format!("a form of {} has no id", describe(node));
            let _ = reading.findings.error(rule::MISSING_ID, node.place(), message);
            continue;
        };
        let text = SourceText::of_content(node);
        let parsed = Json::parse(text.as_str());
        if !parsed.as_ref().is_ok_and(|json| json.as_str().starts_with('{')) {
            let reason = match parsed {
                Ok(_) => "it is no JSON object".to_owned(),
                Err(VariablesError::Syntax { message }) => format!("it is no JSON: {message}"),
                Err(other) => other.to_string(),
            };
            let message = format!("the form `{id}` of {} cannot be read: {reason}", describe(node));
            let _ = reading.findings.refuse(rule::EMBEDDED_FORM, node.place(), message);
        }
        if forms.insert(Arc::from(id), Arc::from(text.as_str())).is_some() {
            let message = format!("{} has two forms with the id `{id}`", describe(node));
            let _ = reading.findings.refuse(rule::DUPLICATE_ID, node.attribute_place("id"), message);
        }
    }
    forms
}

/// `zeebe:formDefinition` of a user task or start event.
pub(crate) fn form(
    reading: &mut Reading<'_>,
    owner: Node<'_>,
    extensions: &Extensions<'_>,
    implementation: UserTaskImplementation,
    forms: &BTreeMap<Arc<str>, Arc<str>>,
) -> Result<Option<Form>, Reported> {
    let Some(definition) = extensions.get("formDefinition") else { return Ok(None) };
    let (id, key, reference) = (
        definition.text_of("formId"),
        definition.text_of("formKey"),
        definition.text_of("externalReference"),
    );
    let refusal = match (&id, &key, &reference) {
        (None, None, None) => Some(("formKey", "has a form definition without form: give a form id or key")),
        (Some(_), Some(_), _) => Some(("formKey", "has both a form id and a form key: remove one")),
        (Some(_), _, Some(_)) => {
            Some(("externalReference", "has both a form id and an external reference: remove one"))
        }
        (_, Some(_), Some(_)) => {
            Some(("externalReference", "has both a form key and an external reference: remove one"))
        }
        (.., Some(_)) if implementation == UserTaskImplementation::Job => Some((
            "externalReference",
            "needs `zeebe:userTask` for an external reference: without it, give a form id or key",
        )),
        _ => None,
    };
    if let Some((attribute, reason)) = refusal {
        let message = format!("{} {reason}", describe(owner));
        let place = definition.attribute_place(attribute);
        reading.findings.refuse(rule::FORM_DEFINITION, place, message)?;
    }
    if let Some(id) = id {
        let id = expression::text(reading, id);
        let binding = binding::of_file(reading, definition);
        return Ok(Some(Form::Linked { id: id?, binding: binding? }));
    }
    match (key, reference) {
        (None, None) => Ok(None),
        (None, Some(reference)) => {
            expression::text(reading, reference).map(|text| Some(Form::External(text)))
        }
        (Some(key), _) => {
            let place = key.place();
            let key = expression::text(reading, key)?;
            if let Text::Static(text) = &key
                && let Some(id) = text.strip_prefix(EMBEDDED_PREFIX)
                && !forms.contains_key(id)
            {
                let message =
                    format!("{} shows the form `{id}`, which the process does not have", describe(owner));
                reading.findings.refuse(rule::UNKNOWN_FORM, place, message)?;
            }
            Ok(Some(Form::Key(key)))
        }
    }
}
