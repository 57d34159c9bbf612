//! Values in the kit's XML, and how they compare.

use feel::{Context, EvaluationContext, Expression, NoVariables, Text, Value};
use jiff::Timestamp;
use roxmltree::Node;

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What numbers may differ by, relative to the larger one: the kit rounds.
const TOLERANCE: f64 = 1e-8;

/// The value that `node` holds: its `value`, its `component`s or its `list`.
pub(super) fn read(node: Node<'_, '_>) -> Result<Value<'static>, String> {
    let children = |name| node.children().filter(move |child: &Node<'_, '_>| child.tag_name().name() == name);
    if let Some(list) = children("list").next() {
        if is_nil(list) {
            return Ok(Value::Null);
        }
        let items = list.children().filter(|child| child.tag_name().name() == "item");
        return Ok(Value::from(items.map(read).collect::<Result<Vec<_>, _>>()?));
    }
    if let Some(value) = children("value").next() {
        return simple(value);
    }
    if children("component").next().is_none() {
        return Ok(Value::Null);
    }
    let mut entries = Vec::new();
    for component in children("component") {
        let name = component.attribute("name").unwrap_or_default().to_owned();
        let value = if is_nil(component) { Value::Null } else { read(component)? };
        entries.push((Text::from(name), value));
    }
    Ok(Value::Context(Context::from_iter(entries)))
}

fn is_nil(node: Node<'_, '_>) -> bool {
    matches!(node.attribute((SCHEMA_INSTANCE, "nil")), Some("true" | "1"))
}

fn simple(node: Node<'_, '_>) -> Result<Value<'static>, String> {
    if is_nil(node) {
        return Ok(Value::Null);
    }
    let text = node.text().unwrap_or_default();
    let of = node.attribute((SCHEMA_INSTANCE, "type")).unwrap_or("string");
    let of = of.rsplit(':').next().unwrap_or_default();
    match of {
        "boolean" => Ok(Value::Boolean(matches!(text.trim(), "true" | "1"))),
        "decimal" | "double" | "float" | "integer" | "int" | "long" => {
            // XML's numbers are JSON's, and may leave out the zero before the point.
            let text = text.trim();
            let text = match text.strip_prefix('.') {
                Some(digits) => format!("0.{digits}"),
                None => text.replace("-.", "-0."),
            };
            let number = Value::from_json(&text).ok().and_then(|value| value.as_number());
            number.map(Value::Number).ok_or_else(|| format!("{text} is no number"))
        }
        "date" | "time" | "dateTime" | "duration" => temporal(of, text.trim()),
        _ => Ok(Value::string(text.to_owned())),
    }
}

fn temporal(of: &str, text: &str) -> Result<Value<'static>, String> {
    let function = if of == "dateTime" { "date and time" } else { of };
    let unclear = || format!("{text} is no {function}");
    let expression = Expression::parse(&format!("{function}(\"{text}\")")).map_err(|_| unclear())?;
    let context = EvaluationContext::new(Timestamp::UNIX_EPOCH, 0);
    match expression.evaluate(&NoVariables, &context).map_err(|error| error.to_string())?.value {
        Value::Date(value) => Ok(Value::Date(value)),
        Value::Time(value) => Ok(Value::Time(value)),
        Value::DateTime(value) => Ok(Value::DateTime(value)),
        Value::YearsMonthsDuration(value) => Ok(Value::YearsMonthsDuration(value)),
        Value::DaysTimeDuration(value) => Ok(Value::DaysTimeDuration(value)),
        _ => Err(unclear()),
    }
}

/// Whether a value is the expected one: of the same type, and numbers about equal.
pub(super) fn same(expected: &Value<'_>, found: &Value<'_>) -> bool {
    match (expected, found) {
        (Value::Number(expected), Value::Number(found)) => {
            let [expected, found] =
                [expected, found].map(|number| number.to_string().parse().unwrap_or(f64::NAN));
            (expected - found).abs() <= TOLERANCE * expected.abs().max(found.abs()).max(1.0)
        }
        (Value::List(expected), Value::List(found)) => {
            expected.len() == found.len()
                && expected.iter().zip(found.iter()).all(|(expected, found)| same(&expected, &found))
        }
        (Value::Context(expected), Value::Context(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .all(|(name, expected)| found.get(&name).is_some_and(|found| same(&expected, &found)))
        }
        (Value::Null, Value::Null) => true,
        (Value::Boolean(expected), Value::Boolean(found)) => expected == found,
        (Value::String(expected), Value::String(found)) => expected == found,
        (expected, found) => {
            expected.type_name() == found.type_name() && expected.to_string() == found.to_string()
        }
    }
}

/// The value for a message.
pub(super) fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Function(_) => value.to_string(),
        Value::List(_) | Value::Context(_) => value.to_json().unwrap_or_else(|_| value.to_string()),
        value => format!("{value} ({})", value.type_name()),
    }
}
