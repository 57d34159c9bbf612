//! Expressions of a model against the variables of an instance.

use bpmn::model::Text;
use feel::{EvaluationContext, Expression, Value};
use types::{ElementInstanceKey, Json, SharedStr, Timestamp};

use super::run::Run;
use crate::state::{IncidentKind, InstanceState};

/// Why an element cannot go on: becomes an incident.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: IncidentKind,
    pub(super) message: SharedStr,
}

impl Trouble {
    pub(super) fn new(kind: IncidentKind, message: impl Into<SharedStr>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// The variables that an element sees.
pub(super) struct VisibleVariables<'s> {
    pub(super) state: &'s InstanceState,
    pub(super) scope: ElementInstanceKey,
}

impl feel::Scope for VisibleVariables<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        let variable = self.state.visible_variable(self.scope, name)?;
        Value::from_json(variable.value.as_str()).ok()
    }
}

impl Run<'_> {
    /// Evaluates against any scope; `use_value` sees the value before it goes.
    pub(super) fn evaluate_in<R>(
        &self,
        expression: &Expression,
        scope: &dyn feel::Scope,
        kind: IncidentKind,
        use_value: impl FnOnce(&Value<'_>) -> Result<R, String>,
    ) -> Result<R, Trouble> {
        let now = jiff::Timestamp::from_millisecond(self.at().as_millis()).unwrap_or_default();
        let context = EvaluationContext::new(now, self.context.seed);
        let failed =
            |why: String| Trouble::new(kind, format!("failed to evaluate `{}`: {why}", expression.text()));
        let evaluation = expression.evaluate(scope, &context).map_err(|error| failed(error.to_string()))?;
        use_value(&evaluation.value).map_err(|why| match evaluation.warnings.first() {
            Some(warning) => failed(format!("{why} ({})", warning.message)),
            None => failed(why),
        })
    }

    fn evaluate<R>(
        &self,
        expression: &Expression,
        scope: ElementInstanceKey,
        kind: IncidentKind,
        use_value: impl FnOnce(&Value<'_>) -> Result<R, String>,
    ) -> Result<R, Trouble> {
        self.evaluate_in(expression, &VisibleVariables { state: self.state, scope }, kind, use_value)
    }

    pub(super) fn json(&self, expression: &Expression, scope: ElementInstanceKey) -> Result<Json, Trouble> {
        self.evaluate(expression, scope, IncidentKind::ExtractValueError, to_json)
    }

    pub(super) fn condition(
        &self,
        expression: &Expression,
        scope: ElementInstanceKey,
    ) -> Result<bool, Trouble> {
        self.evaluate(expression, scope, IncidentKind::ExtractValueError, |value| {
            value.as_bool().ok_or_else(|| expected("a boolean", value))
        })
    }

    pub(super) fn string(
        &self,
        text: &Text,
        scope: ElementInstanceKey,
        what: &'static str,
    ) -> Result<SharedStr, Trouble> {
        match self.optional_string(text, scope, what)? {
            Some(string) => Ok(string),
            None => Err(Trouble::new(
                IncidentKind::ExtractValueError,
                format!("the {what} is null, expected a string"),
            )),
        }
    }

    pub(super) fn optional_string(
        &self,
        text: &Text,
        scope: ElementInstanceKey,
        what: &'static str,
    ) -> Result<Option<SharedStr>, Trouble> {
        match text {
            Text::Static(text) => Ok(Some(SharedStr::from(text))),
            Text::Expression(expression) => {
                self.evaluate(expression, scope, IncidentKind::ExtractValueError, |value| {
                    if value.is_null() {
                        return Ok(None);
                    }
                    match value.as_str() {
                        Some(string) => Ok(Some(SharedStr::from(string))),
                        None => Err(expected(&format!("a string for the {what}"), value)),
                    }
                })
            }
        }
    }

    pub(super) fn whole_number(
        &self,
        text: &Text,
        scope: ElementInstanceKey,
        what: &'static str,
    ) -> Result<u32, Trouble> {
        let parse = |digits: &str| {
            digits
                .trim()
                .parse::<u32>()
                .map_err(|_| format!("expected a whole number for the {what}, found `{digits}`"))
        };
        match text {
            Text::Static(digits) => {
                parse(digits).map_err(|why| Trouble::new(IncidentKind::ExtractValueError, why))
            }
            Text::Expression(expression) => {
                self.evaluate(expression, scope, IncidentKind::ExtractValueError, |value| {
                    match value.as_str() {
                        Some(string) => parse(string),
                        None => parse(to_json(value)?.as_str()),
                    }
                })
            }
        }
    }

    /// A list of strings, or names separated by commas.
    pub(super) fn names(
        &self,
        text: &Text,
        scope: ElementInstanceKey,
        what: &'static str,
    ) -> Result<Vec<SharedStr>, Trouble> {
        let split = |names: &str| {
            names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(SharedStr::from).collect()
        };
        match text {
            Text::Static(names) => Ok(split(names)),
            Text::Expression(expression) => {
                self.evaluate(expression, scope, IncidentKind::ExtractValueError, |value| {
                    if value.is_null() {
                        return Ok(Vec::new());
                    }
                    if let Some(names) = value.as_str() {
                        return Ok(split(names));
                    }
                    serde_json::from_str(to_json(value)?.as_str())
                        .map_err(|_| expected(&format!("a list of strings for the {what}"), value))
                })
            }
        }
    }

    /// A date and time; null and the empty string are none.
    pub(super) fn date(
        &self,
        text: &Text,
        scope: ElementInstanceKey,
        what: &'static str,
    ) -> Result<Option<Timestamp>, Trouble> {
        let text = match text {
            Text::Static(text) => Some(SharedStr::from(text)),
            Text::Expression(expression) => {
                self.evaluate(expression, scope, IncidentKind::ExtractValueError, temporal_text)?
            }
        };
        match text.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => bpmn::timer::parse_date(text).map(Some).map_err(|error| {
                Trouble::new(IncidentKind::ExtractValueError, format!("the {what} is not usable: {error}"))
            }),
        }
    }

    /// The text of a timer's date, duration or cycle.
    pub(super) fn timer_text(&self, text: &Text, scope: ElementInstanceKey) -> Result<SharedStr, Trouble> {
        match text {
            Text::Static(text) => Ok(SharedStr::from(text)),
            Text::Expression(expression) => {
                self.evaluate(expression, scope, IncidentKind::ExtractValueError, |value| {
                    temporal_text(value)?.ok_or_else(|| expected("a date, duration or cycle", value))
                })
            }
        }
    }
}

/// Strings and temporal values as text; both are JSON strings.
fn temporal_text(value: &Value<'_>) -> Result<Option<SharedStr>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let json = to_json(value)?;
    serde_json::from_str::<String>(json.as_str())
        .map(|text| Some(SharedStr::from(text)))
        .map_err(|_| expected("a date or duration", value))
}

pub(super) fn to_json(value: &Value<'_>) -> Result<Json, String> {
    value.to_json().map(Json::from_trusted).map_err(|error| error.to_string())
}

pub(super) fn expected(what: &str, found: &Value<'_>) -> String {
    format!("expected {what}, found {}", found.type_name())
}
