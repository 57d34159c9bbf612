//! What is fuzzed, and what is done with a text.

use std::str::FromStr;

use feel::{EvaluationContext, Limits, Scope, Value};
use jiff::Timestamp;

/// Steps that an expression of a case may take: enough for what is meant to end, little enough for many cases.
const STEPS_MAX: u64 = 100_000;

/// One of the readers of text from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// FEEL expressions.
    Feel,
    /// FEEL unary tests.
    UnaryTests,
    /// DMN models.
    Dmn,
    /// BPMN models.
    Bpmn,
}

/// What has become of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was read, and what it says was done.
    Accepted,
    /// It was refused.
    Refused,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Feel, Self::UnaryTests, Self::Dmn, Self::Bpmn];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Feel => "feel",
            Self::UnaryTests => "unary-tests",
            Self::Dmn => "dmn",
            Self::Bpmn => "bpmn",
        }
    }

    /// Does with a text what the host does with one from outside.
    pub fn run(self, text: &str) -> Outcome {
        match self {
            Self::Feel => feel(text),
            Self::UnaryTests => unary_tests(text),
            Self::Dmn => dmn(text),
            Self::Bpmn => bpmn(text),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|target| target.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|target| target.name()).collect();
            format!("there is no target `{name}`: there are {}", names.join(", "))
        })
    }
}

fn feel(text: &str) -> Outcome {
    let Ok(expression) = feel::Expression::parse(text) else { return Outcome::Refused };
    expression.invalid_patterns(10);
    if let Ok(evaluation) = expression.evaluate(&Variables, &context()) {
        // A value may be too large for a variable; that it says so is enough.
        let _ = evaluation.value.to_json();
    }
    Outcome::Accepted
}

fn unary_tests(text: &str) -> Outcome {
    let Ok(tests) = feel::UnaryTests::parse(text) else { return Outcome::Refused };
    for input in ["1", "\"a\"", "null", "[1, {\"a\": 2}]"] {
        if let Ok(input) = Value::from_json(input) {
            let _ = tests.evaluate(input, &Variables, &context());
        }
    }
    Outcome::Accepted
}

fn dmn(text: &str) -> Outcome {
    let parsed = dmn::parse(text, &dmn::Options::new("fuzz.dmn"));
    let _ = dmn::render_all(&parsed.diagnostics, text);
    // What is refused today may have been deployed before.
    let is_accepted = parsed.model.is_some();
    let model = parsed.model.or_else(|| dmn::load(text, &dmn::Options::new("fuzz.dmn")).model);
    if let Some(model) = model {
        for decision in model.decisions() {
            let _ = model.evaluate(decision.id(), &Variables, &context());
        }
    }
    if is_accepted { Outcome::Accepted } else { Outcome::Refused }
}

fn bpmn(text: &str) -> Outcome {
    let parsed = bpmn::parse(text, &bpmn::Options::new("fuzz.bpmn"));
    parsed.diagnostics.iter().for_each(|found| drop(found.render(text)));
    if !parsed.has_errors() {
        return Outcome::Accepted;
    }
    // What is refused today may have been deployed before.
    drop(bpmn::load(text, &bpmn::Options::new("fuzz.bpmn")));
    Outcome::Refused
}

fn context() -> EvaluationContext {
    let mut context = EvaluationContext::new(Timestamp::UNIX_EPOCH, 7);
    context.limits = Limits { steps_max: STEPS_MAX, ..Limits::default() };
    context
}

/// Variables of every type, by the names that the expressions of the corpus use most.
struct Variables;

impl Scope for Variables {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        let json = match name {
            "x" => "[1, 2.5, \"a\", null, {\"a\": 1, \"b c\": [true]}]",
            "y" | "a" | "amount" => "17.25",
            "s" | "name" => "\"text with ß\"",
            "b" => "true",
            "c" | "order" => "{\"a\": {\"b\": [1, 2, 3]}, \"total\": 100, \"items\": [{\"price\": 1}]}",
            "d" => "\"2024-02-29T10:00:00Z\"",
            "n" => "null",
            _ => return None,
        };
        Value::from_json(json).ok()
    }
}
