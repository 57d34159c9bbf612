//! Regular expressions. They match in time linear to the text, and so have no look-around and no back-references.

use std::sync::{Arc, Mutex};

use regex::{Captures, Regex, RegexBuilder};

use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::findings::InvalidPattern;
use crate::json;
use crate::span::Span;
use crate::value::{Text, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("matches", &[&["input", "pattern"], &["input", "pattern", "flags"]], matches),
    Builtin::new(
        "replace",
        &[&["input", "pattern", "replacement"], &["input", "pattern", "replacement", "flags"]],
        replace,
    ),
    Builtin::new("split", &[&["string", "delimiter"]], split),
    Builtin::new("extract", &[&["string", "pattern"], &["input", "pattern"]], extract),
];

/// Where the functions take the pattern.
const PATTERN: usize = 1;

/// Where they take the pattern's flags.
const FLAGS: usize = 2;

/// Where `replace` takes the pattern's flags, behind the replacement.
const REPLACE_FLAGS: usize = 3;

/// Steps for one attempt to compile a pattern.
const COMPILE_STEPS: u64 = 20_000;

/// Sizes in bytes that a compiled pattern may have, and what reading a byte of text costs with such a pattern.
const SIZES: [(usize, u64); 3] = [(64 << 10, 1), (256 << 10, 4), (1 << 20, 16)];

/// Bytes of a pattern: a class such as `\w` takes two of them and kilobytes of memory before its size can be checked.
const PATTERN_BYTES_MAX: usize = 8 << 10;

/// Compiled patterns that an expression keeps, and that one evaluation keeps.
const KEPT_MAX: usize = 8;

/// The patterns that earlier evaluations of an expression have compiled.
#[derive(Default)]
pub(crate) struct Patterns(Mutex<Vec<Compiled>>);

/// The patterns that an evaluation has used. Each is charged once, whether or not an earlier one compiled it:
/// equal evaluations take equal steps.
#[derive(Default)]
pub(crate) struct UsedPatterns(Vec<Compiled>);

/// A pattern that is written in an expression.
pub(crate) struct LiteralPattern {
    pattern: Box<str>,
    flags: Box<str>,
    span: Span,
}

/// Where a function takes its pattern and the pattern's flags, if it takes a pattern.
pub(crate) fn pattern_parameters(builtin: &Builtin) -> Option<(usize, usize)> {
    match builtin.name {
        "replace" => Some((PATTERN, REPLACE_FLAGS)),
        name => TABLE.iter().any(|with_pattern| with_pattern.name == name).then_some((PATTERN, FLAGS)),
    }
}

impl LiteralPattern {
    pub(crate) fn new(pattern: &str, flags: &str, span: Span) -> LiteralPattern {
        LiteralPattern { pattern: pattern.into(), flags: flags.into(), span }
    }

    /// Why no text can be matched with it. A pattern that is only large is none of these.
    pub(crate) fn error(&self) -> Option<InvalidPattern> {
        let (bytes, _) = SIZES[0];
        let reason = match builder(&self.pattern, &self.flags) {
            Err(reason) => reason,
            Ok(mut builder) => match builder.size_limit(bytes).build() {
                Ok(_) | Err(regex::Error::CompiledTooBig(_)) => return None,
                Err(error) => reason_of(&error),
            },
        };
        Some(InvalidPattern { reason, span: self.span.range() })
    }
}

#[derive(Clone)]
struct Compiled {
    pattern: Arc<str>,
    flags: Arc<str>,
    /// Shared, since a copy would begin without the memory that matching needs.
    regex: Arc<Regex>,
    compile_steps: u64,
    steps_per_byte: u64,
}

impl Compiled {
    fn find<'c>(kept: &'c [Compiled], pattern: &str, flags: &str) -> Option<&'c Compiled> {
        kept.iter().find(|kept| *kept.pattern == *pattern && *kept.flags == *flags)
    }

    fn keep(self, kept: &mut Vec<Compiled>) {
        if kept.len() == KEPT_MAX {
            kept.remove(0);
        }
        kept.push(self);
    }
}

fn matches<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let text = call.text(0)?;
    let regex = compiled(call, PATTERN, FLAGS)?;
    Ok(Value::Boolean(regex.is_match(&text)))
}

fn replace<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (text, replacement) = (call.text(0)?, call.text(2)?);
    let regex = compiled(call, PATTERN, REPLACE_FLAGS)?;
    let mut replaced = String::new();
    let mut copied = 0;
    for captures in regex.captures_iter(&text) {
        let Some(whole) = captures.get(0) else { continue };
        let before = replaced.len();
        replaced.push_str(&text[copied..whole.start()]);
        expand(&replacement, &captures, &mut replaced);
        copied = whole.end();
        // Charged as it grows, since a long replacement multiplies.
        call.evaluator.budget.step()?;
        call.evaluator.budget.allocate(replaced.len() - before)?;
    }
    replaced.push_str(&text[copied..]);
    call.evaluator.string(replaced)
}

/// Appends a replacement, in which `$1` is the first group and `\$` a dollar sign.
fn expand(replacement: &str, captures: &Captures<'_>, target: &mut String) {
    let mut characters = replacement.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek().is_some_and(|next| matches!(next, '$' | '\\')) => {
                target.extend(characters.next());
            }
            '$' if characters.peek().is_some_and(char::is_ascii_digit) => {
                let mut group = 0;
                // A further digit counts only if there is such a group: `$12` may be group 1 and a 2.
                while let Some(digit) = characters.peek().and_then(|next| next.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if group > 0 && longer >= captures.len() {
                        break;
                    }
                    group = longer;
                    characters.next();
                }
                target.push_str(captures.get(group).map_or("", |group| group.as_str()));
            }
            other => target.push(other),
        }
    }
}

fn split<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let text = call.text(0)?;
    let regex = compiled(call, PATTERN, FLAGS)?;
    let mut parts = Vec::new();
    let mut start = 0;
    for separator in regex.find_iter(&text).filter(|separator| !separator.is_empty()) {
        call.evaluator.budget.step()?;
        parts.push(Value::String(text.slice(start..separator.start())));
        start = separator.end();
    }
    parts.push(Value::String(text.slice(start..text.len())));
    call.evaluator.budget.allocate(text.len())?;
    call.evaluator.list(parts)
}

fn extract<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let text = call.text(0)?;
    let regex = compiled(call, PATTERN, FLAGS)?;
    let mut found = Vec::new();
    for part in regex.find_iter(&text) {
        call.evaluator.budget.step()?;
        found.push(Value::String(text.slice(part.range())));
    }
    call.evaluator.budget.allocate(text.len())?;
    call.evaluator.list(found)
}

/// The pattern and the flags at two positions, compiled; reading the first argument with it is charged.
fn compiled(call: &mut Call<'_, '_>, pattern: usize, flags: usize) -> Outcome<Arc<Regex>> {
    let text_bytes = call.single(0)?.as_str().map_or(0, str::len);
    let pattern = call.text(pattern)?;
    let flags = if call.has(flags) { call.text(flags)? } else { Text::from("") };
    let compiled = match Compiled::find(&call.evaluator.used_patterns.0, &pattern, &flags) {
        Some(known) => known.clone(),
        None => {
            let compiled = first_use(call, &pattern, &flags)?;
            compiled.clone().keep(&mut call.evaluator.used_patterns.0);
            compiled
        }
    };
    call.evaluator.budget.step_by(compiled.steps_per_byte.saturating_mul(text_bytes as u64))?;
    Ok(compiled.regex)
}

/// A pattern that this evaluation has not used before.
fn first_use(call: &mut Call<'_, '_>, pattern: &str, flags: &str) -> Outcome<Compiled> {
    // Whoever finds the patterns in use by another thread compiles its own.
    let shared = call.evaluator.patterns.0.try_lock().ok();
    let known = shared.and_then(|kept| Compiled::find(&kept, pattern, flags).cloned());
    if let Some(known) = known {
        call.evaluator.budget.step_by(known.compile_steps)?;
        return Ok(known);
    }
    let compiled = compile(call, pattern, flags)?;
    if let Ok(mut kept) = call.evaluator.patterns.0.try_lock() {
        compiled.clone().keep(&mut kept);
    }
    Ok(compiled)
}

fn compile(call: &mut Call<'_, '_>, pattern: &str, flags: &str) -> Outcome<Compiled> {
    let mut builder = match builder(pattern, flags) {
        Ok(builder) => builder,
        Err(reason) => return call.refuse(format_args!("{reason}")),
    };
    let (mut result, mut compile_steps) = (None, 0);
    for (bytes, steps_per_byte) in SIZES {
        compile_steps += COMPILE_STEPS;
        call.evaluator.budget.step_by(COMPILE_STEPS)?;
        match builder.size_limit(bytes).build() {
            Ok(regex) => {
                let (pattern, flags) = (pattern.into(), flags.into());
                let regex = Arc::new(regex);
                return Ok(Compiled { pattern, flags, regex, compile_steps, steps_per_byte });
            }
            Err(error @ regex::Error::CompiledTooBig(_)) => result = Some(error),
            Err(error) => {
                result = Some(error);
                break;
            }
        }
    }
    let reason = result.as_ref().map(reason_of).unwrap_or_default();
    call.refuse(format_args!("\"{}\" is no pattern: {reason}", json::excerpt(pattern)))
}

/// What compiles a pattern with its flags, or why there is no such thing.
fn builder(pattern: &str, flags: &str) -> Result<RegexBuilder, String> {
    if let Some(unknown) = flags.chars().find(|flag| !matches!(flag, 's' | 'm' | 'i' | 'x')) {
        return Err(format!("the flag '{unknown}' is none of s, m, i and x"));
    }
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(format!("the pattern takes {} bytes, the limit is {PATTERN_BYTES_MAX}", pattern.len()));
    }
    let mut builder = if flags.contains('x') {
        RegexBuilder::new(&without_space(pattern))
    } else {
        RegexBuilder::new(pattern)
    };
    builder.dot_matches_new_line(flags.contains('s')).multi_line(flags.contains('m'));
    builder.case_insensitive(flags.contains('i')).crlf(true);
    Ok(builder)
}

/// The last line of an error: those above it draw the pattern.
fn reason_of(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The pattern without space and without comments from `#` to the end of a line, except in character classes.
fn without_space(pattern: &str) -> String {
    let mut kept = String::with_capacity(pattern.len());
    let (mut in_class, mut in_comment, mut escaped) = (0usize, false, false);
    for character in pattern.chars() {
        if in_comment {
            in_comment = character != '\n';
            continue;
        }
        if in_class == 0 && character.is_whitespace() {
            continue;
        }
        match character {
            _ if escaped => {}
            '[' => in_class += 1,
            ']' => in_class = in_class.saturating_sub(1),
            '#' if in_class == 0 => {
                in_comment = true;
                continue;
            }
            _ => {}
        }
        escaped = character == '\\' && !escaped;
        kept.push(character);
    }
    kept
}
