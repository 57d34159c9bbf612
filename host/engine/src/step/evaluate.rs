//! Expressions of a model against the variables of an instance.

use bpmn::model::Text;
use feel::{EvaluationContext, EvaluationError, Expression, JsonError, Value};
use types::{ElementInstanceKey, Json, SharedStr, Timestamp, VARIABLES_BYTES_MAX};

use super::allowance::TooManySteps;
use super::excerpt::excerpt;
use super::run::Run;
use super::trouble::Trouble;
use crate::state::{IncidentKind, InstanceState};

/// Bytes of an expression that a message shows.
const EXPRESSION_EXCERPT_BYTES: usize = 200;

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

    fn unreadable(&self, name: &str) -> Option<JsonError> {
        Value::from_json(self.state.visible_variable(self.scope, name)?.value.as_str()).err()
    }
}

impl Run<'_> {
    /// Evaluates against any scope; `use_value` sees the value before it goes.
    ///
    /// The expressions of an element share their steps. Whichever uses them up stops the element.
    pub(super) fn evaluate_in<R>(
        &self,
        expression: &Expression,
        scope: &dyn feel::Scope,
        kind: IncidentKind,
        use_value: impl FnOnce(&Value<'_>) -> Result<R, String>,
    ) -> Result<R, Trouble> {
        let now = jiff::Timestamp::from_millisecond(self.at().as_millis()).unwrap_or_default();
        let mut context = EvaluationContext::new(now, self.allowance.next_seed(self.context.seed));
        context.limits.steps_max = self.allowance.feel_steps_left();
        let failed = |why: String| {
            let text = excerpt(expression.text(), EXPRESSION_EXCERPT_BYTES);
            Trouble::new(kind, format!("failed to evaluate `{text}`: {why}"))
        };
        let mut steps = 0;
        let evaluation = expression.evaluate_counting(scope, &context, &mut steps);
        self.allowance.spend_feel_steps(match &evaluation {
            // The last operation would have taken more than was left.
            Err(EvaluationError::StepsExceeded { .. }) => context.limits.steps_max,
            _ => steps,
        });
        let evaluation = evaluation.map_err(|error| {
            failed(match error {
                EvaluationError::StepsExceeded { .. } => TooManySteps.to_string(),
                error => error.to_string(),
            })
        })?;
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
        self.evaluate(expression, scope, IncidentKind::ExtractValueError, |value| self.to_json(value))
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
                        Some(string) => within_limits(string).map(|()| Some(SharedStr::from(string))),
                        None => Err(expected(&format!("a string for the {what}"), value)),
                    }
                })
            }
        }
    }

    /// The correlation key of a message: a string, or a number as text.
    pub(super) fn correlation_key(
        &self,
        expression: &Expression,
        scope: ElementInstanceKey,
    ) -> Result<SharedStr, Trouble> {
        self.evaluate(expression, scope, IncidentKind::ExtractValueError, |value| {
            if let Some(string) = value.as_str() {
                return within_limits(string).map(|()| SharedStr::from(string));
            }
            match self.to_json(value)?.as_str() {
                number if number.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => {
                    Ok(SharedStr::from(number))
                }
                _ => Err(expected("a string or a number as correlation key", value)),
            }
        })
    }

    pub(super) fn whole_number<N: std::str::FromStr>(
        &self,
        text: &Text,
        scope: ElementInstanceKey,
        what: &'static str,
    ) -> Result<N, Trouble> {
        let parse = |digits: &str| {
            digits
                .trim()
                .parse::<N>()
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
                        None => parse(self.to_json(value)?.as_str()),
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
                        return within_limits(names).map(|()| split(names));
                    }
                    serde_json::from_str(self.to_json(value)?.as_str())
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
                self.evaluate(expression, scope, IncidentKind::ExtractValueError, |value| {
                    self.temporal_text(value)
                })?
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
                    self.temporal_text(value)?.ok_or_else(|| expected("a date, duration or cycle", value))
                })
            }
        }
    }

    /// Strings and temporal values as text; both are JSON strings.
    fn temporal_text(&self, value: &Value<'_>) -> Result<Option<SharedStr>, String> {
        if value.is_null() {
            return Ok(None);
        }
        let json = self.to_json(value)?;
        serde_json::from_str::<String>(json.as_str())
            .map(|text| Some(SharedStr::from(text)))
            .map_err(|_| expected("a date or duration", value))
    }

    /// The value as it becomes a variable, within the limits that hold for variables from outside.
    pub(super) fn to_json(&self, value: &Value<'_>) -> Result<Json, String> {
        let text = value.to_json().map_err(|error| error.to_string())?;
        self.allowance.spend_json(text.len()).map_err(|error| error.to_string())?;
        Json::parse(&text).map_err(|error| error.to_string())
    }
}

fn within_limits(text: &str) -> Result<(), String> {
    if text.len() > VARIABLES_BYTES_MAX {
        return Err(format!("the text takes {} bytes, the limit is {VARIABLES_BYTES_MAX}", text.len()));
    }
    Ok(())
}

pub(super) fn expected(what: &str, found: &Value<'_>) -> String {
    format!("expected {what}, found {}", found.type_name())
}
