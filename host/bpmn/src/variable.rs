//! Names of variables.

use std::sync::Arc;

use types::VARIABLE_NAME_BYTES_MAX;

/// Words of FEEL's grammar that an expression could not read back as a variable.
const RESERVED: [&str; 16] = [
    "and", "between", "else", "every", "false", "for", "function", "if", "in", "instance", "not", "null",
    "or", "some", "then", "true",
];

/// The most steps of a path such as `order.customer.name`.
const PATH_STEPS_MAX: usize = 32;

/// A path of names, `order.total`; the error says what is wrong with it.
pub(crate) fn path(text: &str) -> Result<Vec<Arc<str>>, String> {
    let steps: Vec<&str> = text.split('.').take(PATH_STEPS_MAX + 1).collect();
    if steps.len() > PATH_STEPS_MAX {
        return Err(format!("the path has more than {PATH_STEPS_MAX} steps"));
    }
    if RESERVED.contains(&steps[0]) {
        return Err(format!("`{text}` begins with a word of FEEL's grammar"));
    }
    steps.into_iter().map(|step| checked(step, text)).collect()
}

/// One name; the error says what is wrong with it.
pub(crate) fn name(text: &str) -> Result<Arc<str>, String> {
    if RESERVED.contains(&text) {
        return Err(format!("`{text}` is a word of FEEL's grammar"));
    }
    checked(text, text)
}

fn checked(step: &str, whole: &str) -> Result<Arc<str>, String> {
    let mut characters = step.chars();
    let Some(first) = characters.next() else {
        return Err(if whole.is_empty() {
            "the name is empty".into()
        } else {
            format!("`{whole}` has an empty step")
        });
    };
    if step.len() > VARIABLE_NAME_BYTES_MAX {
        return Err(format!("the name takes {} bytes, the limit is {VARIABLE_NAME_BYTES_MAX}", step.len()));
    }
    let wrong = if first.is_alphabetic() || first == '_' {
        characters.find(|c| !c.is_alphanumeric() && *c != '_')
    } else {
        Some(first)
    };
    match wrong {
        Some(wrong) => Err(format!("`{whole}` is no variable name because of `{}`", wrong.escape_debug())),
        None => Ok(step.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_names_are_accepted() {
        for text in ["a", "_a1", "größe", "order.total", "authentication.type", "x.if", "名前"] {
            assert_eq!(path(text).map(|steps| steps.join(".")), Ok(text.to_owned()));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in
            ["", ".", "a.", ".a", "a..b", "1a", "a-b", "a b", " a", "a[1]", "=a", "if", "null.a", "a\n"]
        {
            assert!(path(text).is_err(), "{text}");
        }
        assert!(path(&vec!["a"; 33].join(".")).is_err());
        assert!(path(&"a".repeat(256)).is_err());
        assert!(name("a.b").is_err());
        assert!(name("true").is_err());
    }
}
