//! Conditions on values that all entities share: decided here, never asked of the store.

use store::search::{Operand, Operator};

/// Whether `value` meets a condition. A missing value is different from every value.
pub(super) fn holds(operator: &Operator, value: Option<&Operand>) -> bool {
    match operator {
        Operator::Eq(operand) => value == Some(operand),
        Operator::Neq(operand) => value != Some(operand),
        Operator::Exists(wanted) => value.is_some() == *wanted,
        Operator::Gt(operand) => value.is_some_and(|value| value > operand),
        Operator::Gte(operand) => value.is_some_and(|value| value >= operand),
        Operator::Lt(operand) => value.is_some_and(|value| value < operand),
        Operator::Lte(operand) => value.is_some_and(|value| value <= operand),
        Operator::In(operands) => value.is_some_and(|value| operands.contains(value)),
        Operator::NotIn(operands) => value.is_none_or(|value| !operands.contains(value)),
        Operator::Like(pattern) => match value {
            Some(Operand::Text(text)) => matches(pattern.as_bytes(), text.as_bytes()),
            _ => false,
        },
    }
}

/// Whether `text` matches a pattern of `*`, `?` and `\`-escapes. The texts are short names.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    // One row of the table of "this much of the pattern matches this much of the text".
    let mut row: Vec<bool> = vec![false; text.len() + 1];
    row[0] = true;
    let mut pattern = pattern.iter();
    while let Some(&byte) = pattern.next() {
        if byte == b'*' {
            let mut reached = false;
            for cell in &mut row {
                reached |= *cell;
                *cell = reached;
            }
            continue;
        }
        let (wanted, any) = match byte {
            b'\\' => (pattern.next().copied().unwrap_or(b'\\'), false),
            byte => (byte, byte == b'?'),
        };
        for at in (0..text.len()).rev() {
            row[at + 1] = row[at] && (any || text[at] == wanted);
        }
        row[0] = false;
    }
    row[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_the_store() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("A*E", "ACTIVE", true),
            ("A*E", "ACTIVATED", false),
            ("?CTIVE", "ACTIVE", true),
            ("?", "", false),
            ("A\\*E", "A*E", true),
            ("A\\*E", "AXE", false),
            ("**V?", "ACTIVE", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_missing_value_meets_only_what_asks_for_it() {
        let operand = Operand::Integer(1);
        assert!(holds(&Operator::Exists(false), None));
        assert!(holds(&Operator::Neq(operand.clone()), None));
        assert!(holds(&Operator::NotIn(vec![operand.clone()]), None));
        for refused in [
            Operator::Exists(true),
            Operator::Eq(operand.clone()),
            Operator::Gt(operand.clone()),
            Operator::In(vec![operand]),
            Operator::Like("*".to_owned()),
        ] {
            assert!(!holds(&refused, None), "{refused:?}");
        }
    }
}
