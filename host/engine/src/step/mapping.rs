//! Input and output mappings.

use std::collections::BTreeMap;

use bpmn::model::{Element, Mapping, Text};
use feel::Value;
use serde_json::value::RawValue;
use types::{ElementInstanceKey, Json, SharedStr, Variables};

use super::evaluate::{Trouble, VisibleVariables, to_json};
use super::run::Run;
use crate::state::IncidentKind;

/// Mapped variables first, then what the element sees: a later mapping may use an earlier one's target.
struct Overlay<'s> {
    mapped: &'s Variables,
    visible: VisibleVariables<'s>,
}

impl feel::Scope for Overlay<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        match self.mapped.get(name) {
            Some(value) => Value::from_json(value.as_str()).ok(),
            None => self.visible.get(name),
        }
    }
}

impl Run<'_> {
    /// The local variables that an element's inputs give.
    pub(super) fn input_mappings(
        &self,
        key: ElementInstanceKey,
        element: &Element,
    ) -> Result<Variables, Trouble> {
        let Some(scope) = self.state.element(key).map(|instance| instance.scope) else {
            return Ok(Variables::new());
        };
        self.map(&element.inputs, scope, |_| None)
    }

    /// The variables that an element's outputs give to its scope. A dotted target adds to a context that exists there.
    pub(super) fn output_mappings(
        &self,
        key: ElementInstanceKey,
        scope: ElementInstanceKey,
        element: &Element,
    ) -> Result<Variables, Trouble> {
        self.map(&element.outputs, key, |name| {
            self.state.visible_variable(scope, name).map(|variable| variable.value.clone())
        })
    }

    fn map(
        &self,
        mappings: &[Mapping],
        scope: ElementInstanceKey,
        existing: impl Fn(&str) -> Option<Json>,
    ) -> Result<Variables, Trouble> {
        let mut mapped = Variables::new();
        for mapping in mappings {
            let value = match &mapping.source {
                Text::Static(text) => Json::string(text),
                Text::Expression(expression) => {
                    let overlay =
                        Overlay { mapped: &mapped, visible: VisibleVariables { state: self.state, scope } };
                    self.evaluate_in(expression, &overlay, IncidentKind::IoMappingError, to_json)?
                }
            };
            let Some((name, path)) = mapping.target.split_first() else { continue };
            let value = if path.is_empty() {
                value
            } else {
                let base = mapped.get(name).cloned().or_else(|| existing(name));
                put(base.as_ref().map(Json::as_str), path, &value)
            };
            mapped.insert(SharedStr::from(name), value);
        }
        Ok(mapped)
    }
}

/// `value` at `path` inside the object `base`; what is no object is replaced by one.
fn put(base: Option<&str>, path: &[std::sync::Arc<str>], value: &Json) -> Json {
    let Some((name, rest)) = path.split_first() else { return value.clone() };
    let base: BTreeMap<String, &RawValue> =
        base.and_then(|base| serde_json::from_str(base).ok()).unwrap_or_default();
    let inner = put(base.get(&**name).map(|inner| inner.get()), rest, value);
    let mut entries: Variables = base
        .into_iter()
        .map(|(name, value)| (SharedStr::from(name), Json::from_trusted(value.get())))
        .collect();
    entries.insert(name, inner);
    Json::from_trusted(entries.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotted_target_keeps_what_is_beside_it() {
        let path: Vec<std::sync::Arc<str>> = vec!["b".into(), "c".into()];
        let put = |base| put(base, &path, &Json::from_trusted("1.0")).to_string();
        assert_eq!(put(Some(r#"{"a":2,"b":{"d":3}}"#)), r#"{"a":2,"b":{"c":1.0,"d":3}}"#);
        assert_eq!(put(Some("[1]")), r#"{"b":{"c":1.0}}"#);
        assert_eq!(put(None), r#"{"b":{"c":1.0}}"#);
    }
}
