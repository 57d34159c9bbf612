//! Evaluation of models.
//!
//! All expressions, tables and calls of one evaluation share its limits: whatever an expression has taken is gone for
//! the next one, and a function that FEEL calls back runs within what the caller has left.

mod decisions;
mod function;
mod hit_policy;
mod known;
mod logic;
mod loops;
mod record;
mod service;
mod table;

use feel::{
    Bindings, Context, Date, Evaluation, EvaluationContext, EvaluationError, Expression, Limits, Scope, Text,
    UnaryTests, Value, WarningKind,
};

use crate::evaluation::Reason;

/// Why an evaluation ends early.
pub(crate) type Stop = Reason;

/// Levels that one boxed expression counts for, beside those of the FEEL in it: it takes more stack than they do.
const BOXED_DEPTH: u32 = 3;

/// Names that are looked through in one step.
const NAMES_PER_STEP: u64 = 16;

/// Multiplied with the steps taken, so that each expression has random numbers of its own.
const SEED_STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// One evaluation, or one call of a function of a model within an evaluation.
pub(crate) struct Run<'a> {
    scope: &'a dyn Scope,
    /// Its limits are what is left; its seed changes with each expression.
    context: EvaluationContext,
    limits: Limits,
    seed: u64,
    depth: u32,
    warnings: Vec<feel::Warning>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(scope: &'a dyn Scope, context: &EvaluationContext) -> Run<'a> {
        Run {
            scope,
            context: context.clone(),
            limits: context.limits,
            seed: context.seed,
            depth: 0,
            warnings: Vec::new(),
        }
    }

    /// What the run came to, for the expression that it is part of.
    fn finish(self, value: Value<'a>) -> Evaluation<'a> {
        let (steps, memory_bytes) = (self.steps_taken(), self.memory_taken());
        Evaluation { value, warnings: self.warnings, steps, memory_bytes }
    }

    pub(crate) fn steps_taken(&self) -> u64 {
        self.limits.steps_max - self.context.limits.steps_max
    }

    fn memory_taken(&self) -> u64 {
        self.limits.memory_bytes_max - self.context.limits.memory_bytes_max
    }

    /// The value of an expression.
    pub(crate) fn expression(
        &mut self,
        expression: &'a Expression,
        bindings: &Bindings<'a>,
    ) -> Result<Value<'a>, Stop> {
        self.prepare()?;
        let evaluation = expression.evaluate_with(bindings.clone(), self.scope, &self.context);
        self.take(evaluation)
    }

    /// Whether `input` meets unary tests.
    pub(crate) fn is_met(
        &mut self,
        tests: &'a UnaryTests,
        input: Value<'a>,
        bindings: &Bindings<'a>,
    ) -> Result<bool, Stop> {
        self.prepare()?;
        let evaluation = tests.evaluate_with(input, bindings.clone(), self.scope, &self.context);
        Ok(self.take(evaluation)?.as_bool() == Some(true))
    }

    fn prepare(&mut self) -> Result<(), Stop> {
        self.step(1)?;
        self.context.seed = self.seed.wrapping_add(self.steps_taken().wrapping_mul(SEED_STRIDE));
        Ok(())
    }

    fn take(&mut self, evaluation: Result<Evaluation<'a>, EvaluationError>) -> Result<Value<'a>, Stop> {
        let evaluation = evaluation.map_err(|error| self.in_whole(error))?;
        self.step(evaluation.steps)?;
        self.allocate(evaluation.memory_bytes)?;
        let room = self.limits.warnings_max.saturating_sub(self.warnings.len());
        self.warnings.extend(evaluation.warnings.into_iter().take(room));
        Ok(evaluation.value)
    }

    /// The error with the limits of the whole evaluation, of which the expression had only a rest.
    fn in_whole(&self, error: EvaluationError) -> EvaluationError {
        let Limits { steps_max, depth_max, memory_bytes_max, .. } = self.limits;
        match error {
            EvaluationError::StepsExceeded { .. } => EvaluationError::StepsExceeded { steps_max },
            EvaluationError::DepthExceeded { .. } => EvaluationError::DepthExceeded { depth_max },
            EvaluationError::MemoryExceeded { .. } => EvaluationError::MemoryExceeded { memory_bytes_max },
            error => error,
        }
    }

    /// So many more steps.
    pub(crate) fn step(&mut self, steps: u64) -> Result<(), Stop> {
        match self.context.limits.steps_max.checked_sub(steps) {
            Some(left) => {
                self.context.limits.steps_max = left;
                Ok(())
            }
            None => Err(EvaluationError::StepsExceeded { steps_max: self.limits.steps_max }.into()),
        }
    }

    /// The steps for looking through `bytes` of JSON once.
    pub(crate) fn scan(&mut self, bytes: usize) -> Result<(), Stop> {
        self.step((bytes / Limits::JSON_BYTES_PER_STEP) as u64)
    }

    /// The steps for finding an entry of a context, which is looked through one by one.
    pub(crate) fn look_up(&mut self, context: &Context<'a>) -> Result<(), Stop> {
        match context.raw_bytes() {
            0 => self.step(1 + context.len() as u64 / NAMES_PER_STEP),
            bytes => self.scan(bytes),
        }
    }

    fn allocate(&mut self, bytes: u64) -> Result<(), Stop> {
        match self.context.limits.memory_bytes_max.checked_sub(bytes) {
            Some(left) => {
                self.context.limits.memory_bytes_max = left;
                Ok(())
            }
            None => {
                let memory_bytes_max = self.limits.memory_bytes_max;
                Err(EvaluationError::MemoryExceeded { memory_bytes_max }.into())
            }
        }
    }

    /// One boxed expression deeper, until [`Run::leave`]. After an error the evaluation ends and depth no longer counts.
    pub(crate) fn enter(&mut self) -> Result<(), Stop> {
        self.step(1)?;
        self.depth += BOXED_DEPTH;
        self.context.limits.depth_max = self.limits.depth_max.saturating_sub(self.depth);
        self.check_depth(0)
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= BOXED_DEPTH;
        self.context.limits.depth_max = self.limits.depth_max.saturating_sub(self.depth);
    }

    fn check_depth(&self, value: u32) -> Result<(), Stop> {
        let depth_max = self.limits.depth_max;
        if self.depth > depth_max || value > depth_max {
            return Err(EvaluationError::DepthExceeded { depth_max }.into());
        }
        Ok(())
    }

    /// A list of `items`, within the limits.
    pub(crate) fn list(&mut self, items: Vec<Value<'a>>) -> Result<Value<'a>, Stop> {
        self.step(items.len() as u64)?;
        self.allocate((items.len() * size_of::<Value<'_>>()) as u64)?;
        self.made(Value::from(items))
    }

    /// A context of `entries`, within the limits.
    pub(crate) fn context(&mut self, entries: Vec<(Text<'a>, Value<'a>)>) -> Result<Value<'a>, Stop> {
        self.step(entries.len() as u64)?;
        self.allocate((entries.len() * size_of::<(Text<'_>, Value<'_>)>()) as u64)?;
        self.made(Value::Context(Context::from_iter(entries)))
    }

    fn made(&self, value: Value<'a>) -> Result<Value<'a>, Stop> {
        self.check_depth(value.depth())?;
        Ok(value)
    }

    /// `bindings` with one value more. The others are copied where they are shared, and that is charged.
    pub(crate) fn bind(
        &mut self,
        bindings: &mut Bindings<'a>,
        name: impl Into<Text<'a>>,
        value: Value<'a>,
    ) -> Result<(), Stop> {
        let bytes = (bindings.len() + 1) * size_of::<(Text<'_>, Value<'_>)>();
        self.step(1 + (bytes / Limits::TEXT_BYTES_PER_STEP) as u64)?;
        self.check_depth(value.depth())?;
        bindings.bind(name, value);
        Ok(())
    }

    /// Midnight of a date in UTC.
    pub(crate) fn start_of(&mut self, date: Date) -> Result<Value<'a>, Stop> {
        let mut bindings = Bindings::default();
        self.bind(&mut bindings, "date", Value::Date(date))?;
        self.expression(&snippets::START_OF_DATE, &bindings)
    }

    /// Notes why something is null.
    pub(crate) fn warn(&mut self, message: impl FnOnce() -> String) {
        if self.warnings.len() < self.limits.warnings_max {
            let (kind, message) = (WarningKind::InvalidType, message());
            self.warnings.push(feel::Warning { kind, message, span: 0..0 });
        }
    }
}

/// What DMN defines with the means of FEEL, and FEEL therefore carries out.
mod snippets {
    use std::sync::LazyLock;

    use feel::Expression;

    macro_rules! snippets {
        ($($name:ident = $text:literal;)*) => {
            $(pub(super) static $name: LazyLock<Expression> =
                LazyLock::new(|| Expression::parse($text).expect("the text is FEEL"));)*

            #[cfg(test)]
            #[test]
            fn all_are_feel() {
                for text in [$($text),*] {
                    assert!(Expression::parse(text).is_ok(), "{text}");
                }
            }
        };
    }

    snippets! {
        START_OF_DATE = "date and time(string(date) + \"T00:00:00Z\")";
        DATE = "date(text)";
        TIME = "time(text)";
        DATE_AND_TIME = "date and time(text)";
        DURATION = "duration(text)";
        ITEMS = "for each in items return each";
        AT = "items[place]";
        PLACE = "index of(values, value)[1]";
        SAME = "first = second";
        SUM = "sum(values)";
        MIN = "min(values)";
        MAX = "max(values)";
    }
}
