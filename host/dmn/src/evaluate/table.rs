//! Decision tables.

use feel::{Bindings, Text, Value};

use super::record::TableRecord;
use super::{Run, Stop};
use crate::model::{HitPolicy, Table, TableRule};
use crate::types;

/// A rule that matched, and its outputs.
pub(super) struct Hit<'a> {
    /// The rule's place in the table, from 0.
    pub(super) index: usize,
    pub(super) outputs: Vec<Value<'a>>,
}

impl<'a> Run<'a> {
    pub(super) fn table(
        &mut self,
        table: &'a Table,
        bindings: &Bindings<'a>,
        mut record: Option<&mut TableRecord>,
    ) -> Result<Value<'a>, Stop> {
        let mut inputs = Vec::with_capacity(table.inputs.len());
        for input in &table.inputs {
            let value = self.expression(&input.expression, bindings)?;
            inputs.push(types::coerce_or_null(self, value, &input.of)?);
        }
        if let Some(record) = record.as_deref_mut() {
            self.record_inputs(record, table, &inputs)?;
        }
        for (input, value) in table.inputs.iter().zip(&inputs) {
            if let Some(allowed) = &input.allowed
                && !value.is_null()
                && !self.is_met(allowed, value.clone(), bindings)?
            {
                self.warn(|| format!("the input '{}' does not allow {value}", input.label));
                return Ok(Value::Null);
            }
        }
        let mut hits: Vec<Hit<'a>> = Vec::new();
        for (index, rule) in table.rules.iter().enumerate() {
            if !self.matches(rule, &inputs, bindings)? {
                continue;
            }
            let outputs = self.outputs(table, rule, bindings)?;
            if let Some(record) = record.as_deref_mut() {
                self.record_rule(record, table, (index, rule), &outputs)?;
            }
            hits.push(Hit { index, outputs });
            if table.hit_policy == HitPolicy::First {
                break;
            }
        }
        if hits.is_empty() {
            return self.default_output(table, bindings);
        }
        self.hit_policy(table, hits)
    }

    fn matches(
        &mut self,
        rule: &'a TableRule,
        inputs: &[Value<'a>],
        bindings: &Bindings<'a>,
    ) -> Result<bool, Stop> {
        for (test, input) in rule.tests.iter().zip(inputs) {
            if let Some(test) = test
                && !self.is_met(test, input.clone(), bindings)?
            {
                return Ok(false);
            }
        }
        self.step(1)?;
        Ok(true)
    }

    fn outputs(
        &mut self,
        table: &'a Table,
        rule: &'a TableRule,
        bindings: &Bindings<'a>,
    ) -> Result<Vec<Value<'a>>, Stop> {
        let mut outputs = Vec::with_capacity(rule.outputs.len());
        for (entry, output) in rule.outputs.iter().zip(&table.outputs) {
            let value = match entry {
                Some(expression) => self.expression(expression, bindings)?,
                None => Value::Null,
            };
            outputs.push(types::coerce_or_null(self, value, &output.of)?);
        }
        Ok(outputs)
    }

    /// What holds when no rule matches; null where the table does not say.
    fn default_output(&mut self, table: &'a Table, bindings: &Bindings<'a>) -> Result<Value<'a>, Stop> {
        if table.outputs.iter().all(|output| output.default.is_none()) {
            return Ok(Value::Null);
        }
        let mut outputs = Vec::with_capacity(table.outputs.len());
        for output in &table.outputs {
            let value = match &output.default {
                Some(expression) => self.expression(expression, bindings)?,
                None => Value::Null,
            };
            outputs.push(types::coerce_or_null(self, value, &output.of)?);
        }
        self.output(table, outputs)
    }

    /// The outputs of a rule as one value: the only one itself, or a context of them all.
    pub(super) fn output(
        &mut self,
        table: &'a Table,
        mut outputs: Vec<Value<'a>>,
    ) -> Result<Value<'a>, Stop> {
        if outputs.len() == 1 {
            return Ok(outputs.swap_remove(0));
        }
        let names = table.outputs.iter().map(|output| Text::from(output.name.as_deref().unwrap_or_default()));
        self.context(names.zip(outputs).collect())
    }
}
