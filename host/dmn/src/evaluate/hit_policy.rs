//! What several matching rules come to.

use feel::{Number, Value};

use super::table::Hit;
use super::{Run, Stop, snippets};
use crate::evaluation::Reason;
use crate::model::{Aggregation, HitPolicy, Table};

impl<'a> Run<'a> {
    /// The value of a table of which at least one rule matches.
    pub(super) fn hit_policy(&mut self, table: &'a Table, mut hits: Vec<Hit<'a>>) -> Result<Value<'a>, Stop> {
        match table.hit_policy {
            HitPolicy::Unique => {
                if let [first, second, ..] = &hits[..] {
                    return Err(Reason::NotUnique { first: first.index + 1, second: second.index + 1 });
                }
                self.first(table, hits)
            }
            HitPolicy::First => self.first(table, hits),
            HitPolicy::Any => {
                self.check_agreement(&hits)?;
                self.first(table, hits)
            }
            HitPolicy::Priority => {
                self.sort_by_priority(table, &mut hits)?;
                self.first(table, hits)
            }
            HitPolicy::OutputOrder => {
                self.sort_by_priority(table, &mut hits)?;
                self.all(table, hits)
            }
            HitPolicy::RuleOrder | HitPolicy::Collect(None) => self.all(table, hits),
            HitPolicy::Collect(Some(Aggregation::Count)) => {
                Ok(Value::Number(Number::from(hits.len() as i64)))
            }
            HitPolicy::Collect(Some(aggregation)) => self.aggregate(aggregation, hits),
        }
    }

    fn first(&mut self, table: &'a Table, hits: Vec<Hit<'a>>) -> Result<Value<'a>, Stop> {
        match hits.into_iter().next() {
            Some(hit) => self.output(table, hit.outputs),
            None => Ok(Value::Null),
        }
    }

    fn all(&mut self, table: &'a Table, hits: Vec<Hit<'a>>) -> Result<Value<'a>, Stop> {
        let mut values = Vec::with_capacity(hits.len());
        for hit in hits {
            values.push(self.output(table, hit.outputs)?);
        }
        self.list(values)
    }

    fn check_agreement(&mut self, hits: &[Hit<'a>]) -> Result<(), Stop> {
        let Some((first, others)) = hits.split_first() else { return Ok(()) };
        for other in others {
            for (one, another) in first.outputs.iter().zip(&other.outputs) {
                let values = [("first", one.clone()), ("second", another.clone())];
                if self.snippet(&snippets::SAME, values)?.as_bool() != Some(true) {
                    return Err(Reason::Different { first: first.index + 1, second: other.index + 1 });
                }
            }
        }
        Ok(())
    }

    /// Puts hits into the order of the outputs' values, those of the first output before those of the second.
    /// What is not among the values comes last; hits of the same priority stay in the order of the table.
    fn sort_by_priority(&mut self, table: &'a Table, hits: &mut Vec<Hit<'a>>) -> Result<(), Stop> {
        let mut priorities = Vec::with_capacity(table.outputs.len());
        for output in &table.outputs {
            priorities.push(match &output.priorities {
                Some(values) => Some(self.expression(values, &feel::Bindings::default())?),
                None => None,
            });
        }
        let mut ranked = Vec::with_capacity(hits.len());
        for hit in hits.drain(..) {
            let mut rank = Vec::with_capacity(hit.outputs.len());
            for (values, value) in priorities.iter().zip(&hit.outputs) {
                let Some(values) = values.clone() else { continue };
                let place = self.snippet(&snippets::PLACE, [("values", values), ("value", value.clone())])?;
                rank.push(place.as_number().and_then(Number::to_i64).unwrap_or(i64::MAX));
            }
            ranked.push((rank, hit));
        }
        ranked.sort_by(|(one, _), (another, _)| one.cmp(another));
        hits.extend(ranked.into_iter().map(|(_, hit)| hit));
        Ok(())
    }

    fn aggregate(&mut self, aggregation: Aggregation, hits: Vec<Hit<'a>>) -> Result<Value<'a>, Stop> {
        let (expression, name) = match aggregation {
            Aggregation::Sum => (&snippets::SUM, "SUM"),
            Aggregation::Min => (&snippets::MIN, "MIN"),
            Aggregation::Max => (&snippets::MAX, "MAX"),
            Aggregation::Count => return Ok(Value::Number(Number::from(hits.len() as i64))),
        };
        let mut values = Vec::with_capacity(hits.len());
        for Hit { index, outputs } in hits {
            let value = outputs.into_iter().next().unwrap_or(Value::Null);
            if value.as_number().is_none() {
                let found = value.to_string();
                return Err(Reason::NotANumber { rule: index + 1, found, aggregation: name });
            }
            values.push(value);
        }
        let values = self.list(values)?;
        self.snippet(expression, [("values", values)])
    }
}
