//! What an evaluation notes about the decisions on the way.

use feel::{Bindings, Value};

use super::{Run, Stop, snippets};
use crate::evaluation::{EvaluatedInput, EvaluatedOutput, MatchedRule, Reason};
use crate::model::{Table, TableRule};
use crate::types::Type;

/// What the table of a decision did.
#[derive(Default)]
pub(crate) struct TableRecord {
    pub(crate) inputs: Vec<EvaluatedInput>,
    pub(crate) matched_rules: Vec<MatchedRule>,
}

impl<'a> Run<'a> {
    /// The value as JSON, within the limits.
    pub(crate) fn json(&mut self, value: &Value<'_>) -> Result<String, Stop> {
        let text = value.to_json().map_err(|error| Reason::NotJson { message: error.to_string() })?;
        self.scan(text.len())?;
        self.allocate(text.len() as u64)?;
        Ok(text)
    }

    /// The value as JSON; null where it has none.
    pub(super) fn json_or_null(&mut self, value: &Value<'_>) -> Result<String, Stop> {
        match self.json(value) {
            Err(Reason::NotJson { .. }) => Ok("null".to_owned()),
            text => text,
        }
    }

    pub(super) fn record_inputs(
        &mut self,
        record: &mut TableRecord,
        table: &Table,
        values: &[Value<'a>],
    ) -> Result<(), Stop> {
        for (input, value) in table.inputs.iter().zip(values) {
            let (id, name) = (input.id.as_deref().map(str::to_owned), input.label.to_string());
            let value = self.json_or_null(value)?;
            record.inputs.push(EvaluatedInput { id, name, value });
        }
        Ok(())
    }

    pub(super) fn record_rule(
        &mut self,
        record: &mut TableRecord,
        table: &Table,
        (index, rule): (usize, &TableRule),
        values: &[Value<'a>],
    ) -> Result<(), Stop> {
        let mut outputs = Vec::with_capacity(values.len());
        for (output, value) in table.outputs.iter().zip(values) {
            let (id, name) = (output.id.as_deref().map(str::to_owned), output.label.to_string());
            outputs.push(EvaluatedOutput { id, name, value: self.json_or_null(value)? });
        }
        let id = rule.id.as_deref().map(str::to_owned);
        record.matched_rules.push(MatchedRule { id, index: index + 1, outputs });
        Ok(())
    }

    /// The date, time or duration that a string spells, if `of` is one of these types.
    pub(crate) fn read_temporal(&mut self, text: Value<'a>, of: &Type) -> Result<Value<'a>, Stop> {
        let expression = match of {
            Type::Date => &snippets::DATE,
            Type::Time => &snippets::TIME,
            Type::DateTime => &snippets::DATE_AND_TIME,
            Type::Duration | Type::DaysTimeDuration | Type::YearsMonthsDuration => &snippets::DURATION,
            _ => return Ok(text),
        };
        self.snippet(expression, [("text", text)])
    }

    /// An expression over values that have names in it.
    pub(super) fn snippet<const N: usize>(
        &mut self,
        expression: &'a feel::Expression,
        values: [(&'static str, Value<'a>); N],
    ) -> Result<Value<'a>, Stop> {
        let mut bindings = Bindings::default();
        for (name, value) in values {
            self.bind(&mut bindings, name, value)?;
        }
        self.expression(expression, &bindings)
    }
}
