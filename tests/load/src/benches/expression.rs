//! FEEL: everyday expressions, parsed and evaluated as the engine does it.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context as _;
use feel::{EvaluationContext, Expression, Scope, Value};

use crate::report::Measurement;

const RUNS: usize = 9;
const TIMES: u32 = 100_000;

const CONDITION: &str = r#"amount > 100 and customer.country = "DE""#;

const EVERYDAY: &[&str] = &[
    CONDITION,
    "automaticProcessing = true",
    r#"if score >= 80 then "approve" else "review""#,
    "order.items[price > 10].name",
    r#"{id: order.id, total: sum(order.items.price)}"#,
    r#""order-" + string(orderId)"#,
];

struct Variables;

impl Scope for Variables {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        let json = match name {
            "amount" => "150.50",
            "customer" => r#"{"name":"Ada Lovelace","country":"DE","since":1843}"#,
            _ => return None,
        };
        Value::from_json(json).ok()
    }
}

/// Nanoseconds of one evaluation.
pub(super) fn condition() -> anyhow::Result<Measurement> {
    let expression = Expression::parse(CONDITION)?;
    let context = EvaluationContext::new(jiff::Timestamp::UNIX_EPOCH, 1);
    let holds = expression.evaluate(&Variables, &context)?.value.as_bool();
    anyhow::ensure!(holds == Some(true), "the condition is {holds:?}");
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let started = Instant::now();
        for _ in 0..TIMES {
            black_box(expression.evaluate(black_box(&Variables), &context)?);
        }
        runs.push(started.elapsed().as_nanos() as f64 / f64::from(TIMES));
    }
    Ok(Measurement::median(runs, "ns"))
}

/// Nanoseconds to parse one expression, averaged over a handful of everyday ones.
pub(super) fn parse() -> anyhow::Result<Measurement> {
    let mut runs = Vec::with_capacity(RUNS);
    let times = TIMES / 10;
    for _ in 0..RUNS {
        let started = Instant::now();
        for _ in 0..times {
            for text in EVERYDAY {
                black_box(Expression::parse(black_box(text)).context("an everyday expression")?);
            }
        }
        runs.push(started.elapsed().as_nanos() as f64 / f64::from(times) / EVERYDAY.len() as f64);
    }
    Ok(Measurement::median(runs, "ns"))
}
