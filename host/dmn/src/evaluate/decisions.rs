//! Decisions in the order in which they need each other.

use std::collections::BTreeMap;

use feel::{Bindings, EvaluationContext, Scope, Text, Value};

use super::known::{Known, key};
use super::record::TableRecord;
use super::{NAMES_PER_STEP, Run, Stop};
use crate::evaluation::{Error, EvaluatedDecision, Evaluation, Failure, Reason, Warning};
use crate::model::{Decision, Element, Input, Model, Requirement};
use crate::types;

impl Model {
    /// Makes the decision with this id and all that it requires.
    pub fn evaluate(
        &self,
        id: &str,
        variables: &dyn Scope,
        context: &EvaluationContext,
    ) -> Result<Evaluation, Error> {
        let decision = self.find(id)?;
        let mut run = Run::new(variables, context);
        let mut trail = Trail::default();
        let result = run.decide(&[decision], &mut Known::new(), &mut Some(&mut trail));
        match result.and_then(|values| run.json(values.first().unwrap_or(&Value::Null))) {
            Ok(output) => {
                let (decisions, warnings) = (trail.decisions, trail.warnings);
                Ok(Evaluation { output, decisions, warnings, steps: run.steps_taken() })
            }
            Err(reason) => Err(trail.failed(reason, decision)),
        }
    }

    /// The value of the decision with this id, for whoever goes on computing with it: in JSON, dates would be strings.
    pub fn value<'a>(
        &'a self,
        id: &str,
        variables: &'a dyn Scope,
        context: &EvaluationContext,
    ) -> Result<Value<'a>, Error> {
        let decision = self.find(id)?;
        let mut run = Run::new(variables, context);
        let mut trail = Trail::default();
        let result = run.decide(&[decision], &mut Known::new(), &mut Some(&mut trail));
        let values = result.map_err(|reason| trail.failed(reason, decision))?;
        Ok(values.into_iter().next().unwrap_or(Value::Null))
    }

    fn find(&self, id: &str) -> Result<&Decision, Error> {
        self.decision(id).ok_or_else(|| Error::UnknownDecision { id: id.to_owned() })
    }
}

/// What is told about the decisions on the way.
#[derive(Default)]
pub(super) struct Trail {
    decisions: Vec<EvaluatedDecision>,
    warnings: Vec<Warning>,
    has_failed: bool,
}

impl Trail {
    fn note(&mut self, decision: &Decision, record: TableRecord, output: Option<String>) {
        self.has_failed |= output.is_none();
        self.decisions.push(EvaluatedDecision {
            id: decision.id.to_string(),
            name: decision.name.to_string(),
            kind: decision.kind(),
            inputs: record.inputs,
            matched_rules: record.matched_rules,
            output,
        });
    }

    /// The failure of the decision noted last, or of `asked` when no decision has failed but its output.
    fn failed(self, reason: Reason, asked: &Decision) -> Error {
        let (id, name) = match self.decisions.last().filter(|_| self.has_failed) {
            Some(last) => (last.id.clone(), last.name.clone()),
            None => (asked.id.to_string(), asked.name.to_string()),
        };
        let (decisions, warnings) = (self.decisions, self.warnings);
        Error::Failed(Box::new(Failure { id, name, reason, decisions, warnings }))
    }
}

impl<'a> Run<'a> {
    /// The values of `goals`. Decisions that they require come first, each once; long chains take no stack.
    pub(super) fn decide(
        &mut self,
        goals: &[&'a Decision],
        known: &mut Known<'a>,
        trail: &mut Option<&mut Trail>,
    ) -> Result<Vec<Value<'a>>, Stop> {
        // Decisions under way, with the requirement that each looks at next.
        let mut stack: Vec<(&'a Decision, usize)> = Vec::new();
        for goal in goals {
            stack.push((goal, 0));
            while let Some((decision, next)) = stack.last_mut() {
                let decision: &'a Decision = decision;
                if known.contains_key(&key(decision)) {
                    stack.pop();
                    continue;
                }
                self.step(1)?;
                match decision.requires.get(*next) {
                    Some(requirement) => {
                        *next += 1;
                        if let Element::Decision(required) = &requirement.element {
                            stack.push((required, 0));
                        }
                    }
                    None => {
                        let value = self.decision(decision, known, trail)?;
                        known.insert(key(decision), value);
                        stack.pop();
                    }
                }
            }
        }
        Ok(goals.iter().map(|goal| known.get(&key(*goal)).cloned().unwrap_or(Value::Null)).collect())
    }

    /// One decision, whose requirements are known.
    fn decision(
        &mut self,
        decision: &'a Decision,
        known: &mut Known<'a>,
        trail: &mut Option<&mut Trail>,
    ) -> Result<Value<'a>, Stop> {
        let mut record = TableRecord::default();
        let value = self.result(decision, known, trail.is_some().then_some(&mut record));
        let Some(trail) = trail else { return value };
        let messages = self.warnings.drain(..).map(|warning| warning.message);
        let room = self.limits.warnings_max.saturating_sub(trail.warnings.len());
        trail.warnings.extend(
            messages.take(room).map(|message| Warning { decision: decision.id.to_string(), message }),
        );
        let output = match &value {
            Ok(value) => self.json_or_null(value).map(Some),
            Err(_) => Ok(None),
        };
        trail.note(decision, record, output.as_ref().ok().cloned().flatten());
        output.and(value)
    }

    fn result(
        &mut self,
        decision: &'a Decision,
        known: &mut Known<'a>,
        record: Option<&mut TableRecord>,
    ) -> Result<Value<'a>, Stop> {
        let bindings = self.required(&decision.requires, known)?;
        let value = self.boxed_with(&decision.logic, &bindings, record)?;
        types::coerce_or_null(self, value, &decision.result.of)
    }

    /// What is required, by the names that the logic knows it by.
    pub(super) fn required(
        &mut self,
        requires: &'a [Requirement],
        known: &mut Known<'a>,
    ) -> Result<Bindings<'a>, Stop> {
        let mut bindings = Bindings::default();
        let mut imports: BTreeMap<&'a str, Vec<(Text<'a>, Value<'a>)>> = BTreeMap::new();
        for requirement in requires {
            // Whether an alias is taken is looked up among what is bound so far.
            self.step(1 + bindings.len() as u64 / NAMES_PER_STEP)?;
            let (name, alias, value): (&'a str, Option<&'a str>, _) = match &requirement.element {
                Element::Decision(decision) => {
                    let value = known.get(&key(&**decision)).cloned();
                    (&decision.result.name, decision.result.alias.as_deref(), value)
                }
                Element::Input(input) => {
                    let value = self.input(input, known)?;
                    (&input.variable.name, input.variable.alias.as_deref(), value)
                }
                Element::Knowledge(knowledge) => {
                    (&knowledge.name, None, Some(super::function::of_knowledge(knowledge)))
                }
                Element::Service(service) => {
                    (&service.name, None, Some(super::function::of_service(service)))
                }
            };
            // What is not given is left to the variables, where reading it leaves a warning.
            let Some(value) = value else { continue };
            match &requirement.import {
                Some(import) => imports.entry(import).or_default().push((name.into(), value)),
                None => {
                    if let Some(alias) = alias
                        && bindings.get(alias).is_none()
                    {
                        self.bind(&mut bindings, alias, value.clone())?;
                    }
                    self.bind(&mut bindings, name, value)?;
                }
            }
        }
        for (import, entries) in imports {
            let context = self.context(entries)?;
            self.bind(&mut bindings, import, context)?;
        }
        Ok(bindings)
    }

    /// The value of input data, as its type wants it.
    fn input(&mut self, input: &'a Input, known: &mut Known<'a>) -> Result<Option<Value<'a>>, Stop> {
        if let Some(value) = known.get(&key(input)) {
            return Ok(Some(value.clone()));
        }
        let scope = self.scope;
        let Some(value) = scope.get(&input.variable.name) else { return Ok(None) };
        if let Value::String(text) = &value {
            self.scan(text.len())?;
        }
        let value = types::read_input(self, value, &input.variable.of)?;
        let value = types::coerce_or_null(self, value, &input.variable.of)?;
        known.insert(key(input), value.clone());
        Ok(Some(value))
    }
}
