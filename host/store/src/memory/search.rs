//! Searches, carried out by looking at every record.

use std::cmp::Ordering;

use super::values::{Record, Value};
use crate::Error;
use crate::search::{
    self, Condition, Cursor, Field, FieldKind, Operand, Operator, Order, PAGE_BYTES_MAX, PAGE_ITEMS_MAX,
    Page, PageStart, SORT_TEXT_CHARS, Search, Sorting, TOTAL_ITEMS_COUNTED_MAX,
};

/// One page of those `records` that meet the conditions, and how much there is in all.
pub(super) fn search<F: Field, R: Record<F>>(
    records: impl Iterator<Item = R>,
    search: &Search<F>,
) -> Result<Page<R>, Error> {
    search::check(search)?;
    let sorting = Sorting::new(&search.sort);
    let decode = |text: &String| Cursor::decode(text, &sorting);
    let (beyond, skip, backwards) = match &search.page.start {
        PageStart::From(skip) => (None, *skip, false),
        PageStart::After(text) => (Some(decode(text)?), 0, false),
        PageStart::Before(text) => (Some(decode(text)?), 0, true),
    };
    let mut found: Vec<(Cursor, R)> = records
        .filter(|record| holds_all(record, &search.conditions))
        .map(|record| (place(&record, &sorting), record))
        .collect();
    let counted = found.len() as u64;
    let order = if backwards { sorting.reversed() } else { sorting.clone() };
    found.sort_by(|(left, _), (right, _)| compare(left, right, &order));
    found.retain(|(place, _)| {
        beyond.as_ref().is_none_or(|beyond| compare(place, beyond, &order) == Ordering::Greater)
    });
    let mut bytes = 0;
    let mut page: Vec<(Cursor, R)> = found
        .into_iter()
        .skip(usize::try_from(skip).unwrap_or(usize::MAX))
        .take(search.page.limit.min(PAGE_ITEMS_MAX) as usize)
        .enumerate()
        .take_while(|(index, (_, record))| {
            bytes += record.bytes();
            *index == 0 || bytes <= PAGE_BYTES_MAX
        })
        .map(|(_, item)| item)
        .collect();
    if backwards {
        page.reverse();
    }
    let cursor = |item: Option<&(Cursor, R)>| item.map(|(place, _)| place.clone().encode(&sorting));
    Ok(Page {
        total_items: counted.min(TOTAL_ITEMS_COUNTED_MAX),
        has_more_total_items: counted > TOTAL_ITEMS_COUNTED_MAX,
        start_cursor: cursor(page.first()),
        end_cursor: cursor(page.last()),
        items: page.into_iter().map(|(_, record)| record).collect(),
    })
}

/// Where a record stands in the order.
fn place<F: Field>(record: &impl Record<F>, sorting: &Sorting<F>) -> Cursor {
    let sort_value = |field: F| match record.value(field) {
        Value::Missing | Value::Texts(_) => None,
        Value::Integer(integer) => Some(Operand::Integer(integer)),
        Value::Text(text) if field.kind() == FieldKind::LongText => {
            Some(Operand::Text(text.chars().take(SORT_TEXT_CHARS).collect()))
        }
        Value::Text(text) => Some(Operand::Text(text.to_owned())),
    };
    let key = match record.value(F::KEY) {
        Value::Integer(key) => key,
        Value::Missing | Value::Text(_) | Value::Texts(_) => 0,
    };
    Cursor { values: sorting.fields.iter().map(|(field, _)| sort_value(*field)).collect(), key }
}

fn compare<F>(left: &Cursor, right: &Cursor, sorting: &Sorting<F>) -> Ordering {
    let directed = |ordering: Ordering, order: Order| match order {
        Order::Ascending => ordering,
        Order::Descending => ordering.reverse(),
    };
    sorting
        .fields
        .iter()
        .zip(left.values.iter().zip(&right.values))
        .map(|((_, order), (left, right))| directed(left.cmp(right), *order))
        .find(|ordering| ordering.is_ne())
        .unwrap_or_else(|| directed(left.key.cmp(&right.key), sorting.key))
}

fn holds_all<F: Field>(record: &impl Record<F>, conditions: &[Condition<F>]) -> bool {
    conditions.iter().all(|condition| match condition {
        Condition::Field(field, operator) => holds(record.value(*field), operator),
        Condition::Any(alternatives) => alternatives.iter().any(|alternative| holds_all(record, alternative)),
    })
}

fn holds(value: Value<'_>, operator: &Operator) -> bool {
    match operator {
        Operator::Neq(operand) => !holds(value, &Operator::Eq(operand.clone())),
        Operator::NotIn(operands) => {
            !operands.iter().any(|operand| holds(value, &Operator::Eq(operand.clone())))
        }
        Operator::In(operands) => operands.iter().any(|operand| holds(value, &Operator::Eq(operand.clone()))),
        Operator::Exists(exists) => {
            let missing = match value {
                Value::Missing => true,
                Value::Texts(texts) => texts.is_empty(),
                Value::Text(_) | Value::Integer(_) => false,
            };
            missing != *exists
        }
        Operator::Eq(operand) => compares(value, operand, Ordering::is_eq),
        Operator::Gt(operand) => compares(value, operand, Ordering::is_gt),
        Operator::Gte(operand) => compares(value, operand, Ordering::is_ge),
        Operator::Lt(operand) => compares(value, operand, Ordering::is_lt),
        Operator::Lte(operand) => compares(value, operand, Ordering::is_le),
        Operator::Like(pattern) => match value {
            Value::Missing | Value::Integer(_) => false,
            Value::Text(text) => matches_pattern(text, pattern),
            Value::Texts(texts) => texts.iter().any(|text| matches_pattern(text, pattern)),
        },
    }
}

/// Whether the value, or one of several values, compares so with an operand of its kind.
fn compares(value: Value<'_>, operand: &Operand, accepts: impl Fn(Ordering) -> bool) -> bool {
    match (value, operand) {
        (Value::Integer(integer), Operand::Integer(operand)) => accepts(integer.cmp(operand)),
        (Value::Text(text), Operand::Text(operand)) => accepts(text.cmp(operand)),
        (Value::Texts(texts), Operand::Text(operand)) => {
            texts.iter().any(|text| accepts(text.as_str().cmp(operand)))
        }
        _ => false,
    }
}

/// One element of a pattern.
#[derive(Clone, Copy)]
enum Part {
    Any,
    One,
    Character(char),
}

/// Whether the whole text fits the pattern of [`Operator::Like`]. Takes time in proportion to text times pattern at most.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        parts.push(match character {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' => Part::Character(characters.next().unwrap_or('\\')),
            character => Part::Character(character),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut part) = (0, 0);
    // Where to go on when the rest does not fit: the last `*` takes one character more.
    let mut retry = None;
    while at < text.len() {
        let fits = match parts.get(part) {
            Some(Part::Any) => {
                retry = Some((part, at));
                part += 1;
                continue;
            }
            Some(Part::One) => true,
            Some(Part::Character(character)) => *character == text[at],
            None => false,
        };
        if fits {
            (at, part) = (at + 1, part + 1);
        } else if let Some((star, taken)) = retry {
            retry = Some((star, taken + 1));
            (at, part) = (taken + 1, star + 1);
        } else {
            return false;
        }
    }
    parts[part..].iter().all(|part| matches!(part, Part::Any))
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*ab*ab*", "xabyab", true),
            ("*ab*ab*", "xaby", false),
            ("a?c", "aüc", true),
            ("a?", "a", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            (r"\\", r"\", true),
            (r"a\", r"a\", true),
            ("[a]", "a", false),
            ("A", "a", false),
        ] {
            assert_eq!(matches_pattern(text, pattern), expected, "{pattern} on {text}");
        }
    }
}
