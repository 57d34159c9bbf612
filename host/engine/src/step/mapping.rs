//! Input and output mappings.

use std::collections::BTreeMap;

use bpmn::model::{Element, Mapping, Text};
use feel::{JsonError, Value};
use serde_json::value::RawValue;
use types::{ElementInstanceKey, Json, SharedStr, VARIABLES_BYTES_MAX, Variables, VariablesError};

use super::evaluate::VisibleVariables;
use super::run::Run;
use super::trouble::Trouble;
use crate::state::{IncidentKind, Role};

/// Mapped variables first, then those that an element begins with, then what it sees: a later mapping may use an earlier
/// one's target.
pub(super) struct Overlay<'s> {
    pub(super) mapped: &'s Variables,
    pub(super) given: &'s Variables,
    pub(super) visible: VisibleVariables<'s>,
}

impl Overlay<'_> {
    fn own(&self, name: &str) -> Option<&Json> {
        self.mapped.get(name).or_else(|| self.given.get(name))
    }
}

impl feel::Scope for Overlay<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        match self.own(name) {
            Some(value) => Value::from_json(value.as_str()).ok(),
            None => self.visible.get(name),
        }
    }

    fn unreadable(&self, name: &str) -> Option<JsonError> {
        match self.own(name) {
            Some(value) => Value::from_json(value.as_str()).err(),
            None => self.visible.unreadable(name),
        }
    }
}

impl Run<'_> {
    /// The local variables that an element's inputs give. They see what an item of a loop begins with, and no local
    /// variable besides: again after an incident they give the same.
    pub(super) fn input_mappings(
        &self,
        key: ElementInstanceKey,
        element: &Element,
    ) -> Result<Variables, Trouble> {
        let Some(instance) = self.state.element(key).filter(|_| !element.inputs.is_empty()) else {
            return Ok(Variables::new());
        };
        let given = match (instance.role, self.is_undoing(key)) {
            (Role::Item { counter }, _) => self.item_variables(instance.scope, element, counter),
            (_, Some(undone)) => {
                self.state.compensable(undone).map(|undone| self.snapshot(undone)).unwrap_or_default()
            }
            (_, None) => Variables::new(),
        };
        self.map(&element.inputs, instance.scope, &given, |_| None)
    }

    /// The variables that an element's outputs give to its scope. A dotted target adds to a context that exists there.
    pub(super) fn output_mappings(
        &self,
        key: ElementInstanceKey,
        scope: ElementInstanceKey,
        element: &Element,
    ) -> Result<Variables, Trouble> {
        self.map(&element.outputs, key, &Variables::new(), |name| {
            self.state.visible_variable(scope, name).map(|variable| variable.value.clone())
        })
    }

    fn map(
        &self,
        mappings: &[Mapping],
        scope: ElementInstanceKey,
        given: &Variables,
        existing: impl Fn(&str) -> Option<Json>,
    ) -> Result<Variables, Trouble> {
        let mut mapped = Variables::new();
        let mut bytes = 0;
        for mapping in mappings {
            let value = match &mapping.source {
                Text::Static(text) => Json::string(text),
                Text::Expression(expression) => {
                    let visible = VisibleVariables { state: self.state, scope };
                    let overlay = Overlay { mapped: &mapped, given, visible };
                    self.evaluate_in(expression, &overlay, IncidentKind::IoMappingError, |value| {
                        self.to_json(value)
                    })?
                }
            };
            let Some((name, path)) = mapping.target.split_first() else { continue };
            let before = mapped.get(name);
            bytes -= before.map_or(0, |before| before.as_str().len());
            let value = if path.is_empty() {
                value
            } else {
                let base = before.cloned().or_else(|| existing(name));
                self.put(base.as_ref(), path, &value)?
            };
            // All of them together are what one command may bring: each alone would let a task multiply that.
            bytes += value.as_str().len();
            if bytes > VARIABLES_BYTES_MAX {
                return Err(not_mapped(VariablesError::TooLarge { bytes }.to_string()));
            }
            mapped.insert(SharedStr::from(name), value);
        }
        Ok(mapped)
    }
}

impl Run<'_> {
    /// Puts a value inside of an object, which is read and written as a whole: that counts as evaluation.
    fn put(&self, base: Option<&Json>, path: &[std::sync::Arc<str>], value: &Json) -> Result<Json, Trouble> {
        let bytes = base.map_or(0, |base| base.as_str().len()) + value.as_str().len();
        self.allowance.spend_json(bytes).map_err(|error| not_mapped(error.to_string()))?;
        let object = put(base.map(Json::as_str), path, value);
        Json::parse(object.as_str()).map_err(|error| not_mapped(error.to_string()))
    }
}

fn not_mapped(why: impl Into<SharedStr>) -> Trouble {
    Trouble::new(IncidentKind::IoMappingError, why)
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
