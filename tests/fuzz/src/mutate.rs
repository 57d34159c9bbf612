//! Changes of a text.

use fastrand::Rng;

/// Texts are changed once, twice, four or eight times: one change alone leaves most of a large model acceptable.
const CHANGE_DOUBLINGS_MAX: u32 = 3;

/// How often a piece is nested or repeated at most: enough to pass every limit on depth.
const REPEATED_MAX: usize = 3_000;

/// Bytes of a changed text: more than the models of the corpus have, less than what is refused for its size alone.
const TEXT_BYTES_MAX: usize = 512 << 10;

/// Words with a meaning to at least one of the readers, and values at the edges.
const DICTIONARY: &[&str] = &[
    "",
    "0",
    "-1",
    "1e6144",
    "9999999999999999999999999999999999",
    "0.0000000000000000000000000001",
    "NaN",
    "null",
    "true",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "[[",
    "((((((((",
    "..",
    "]..[",
    "\"",
    "\\\"",
    "\\u{10FFFF}",
    "\u{0}",
    "\u{feff}",
    "𝒳",
    "ß",
    "=",
    "= ",
    "==>",
    "?",
    "@\"2024-02-29\"",
    "@\"P1Y\"",
    "@\"PT999999999999H\"",
    "for x in 1..1000000 return ",
    "some x in [1] satisfies ",
    "every ",
    "if ",
    "then ",
    "else ",
    "instance of ",
    "between ",
    "function(x) ",
    "-",
    "**",
    "date and time(",
    "string join(",
    "replace(\"a\", \"(a*)*b\", ",
    "substring(",
    "duration(",
    "sort(",
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&amp;",
    "&#0;",
    "&#x10FFFF;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml ",
    "<!DOCTYPE x [",
    "xmlns=\"\"",
    "id=\"\"",
    "id=\"x\"",
    "isExecutable=\"true\"",
    "cancelActivity=\"false\"",
    "isSequential=\"true\"",
    "triggeredByEvent=\"true\"",
    "attachedToRef=\"x\"",
    "default=\"x\"",
    "R/PT0S",
    "R999999999999/PT1S",
    "P9999999Y",
    "0 0 0 31 2 *",
    "{{secrets.X}}",
    "hitPolicy=\"COLLECT\"",
    "aggregation=\"SUM\"",
    "typeRef=\"number\"",
    "<multiInstanceLoopCharacteristics/>",
    "<terminateEventDefinition/>",
    "<cancelEventDefinition/>",
    "<compensateEventDefinition/>",
    "<messageEventDefinition messageRef=\"x\"/>",
];

/// A text of the corpus, changed.
pub fn mutate(corpus: &[String], random: &mut Rng) -> String {
    let mut text = pick(corpus, random).clone();
    for _ in 0..1 << random.u32(0..=CHANGE_DOUBLINGS_MAX) {
        change(&mut text, corpus, random);
        if text.len() > TEXT_BYTES_MAX {
            truncate(&mut text, TEXT_BYTES_MAX);
        }
    }
    text
}

fn change(text: &mut String, corpus: &[String], random: &mut Rng) {
    let piece = if random.bool() { token(text, random) } else { span(text, random) };
    match random.u8(0..10) {
        0 => text.replace_range(piece, ""),
        1 => {
            let word = DICTIONARY[random.usize(..DICTIONARY.len())];
            text.replace_range(piece, word);
        }
        2 => text.insert_str(piece.start, DICTIONARY[random.usize(..DICTIONARY.len())]),
        3 => {
            let copy = text[piece.clone()].to_owned();
            text.insert_str(piece.end, &copy);
        }
        4 => {
            let copy = text[piece.clone()].to_owned();
            let other = token(text, random);
            text.replace_range(other, &copy);
        }
        5 => {
            let other = pick(corpus, random);
            let spliced = other[span(other, random)].to_owned();
            text.replace_range(piece, &spliced);
        }
        6 => {
            let other = pick(corpus, random);
            let word = other[token(other, random)].to_owned();
            text.replace_range(piece, &word);
        }
        7 => {
            let times = repetitions(&text[piece.clone()], random);
            let repeated = text[piece.clone()].repeat(times);
            text.replace_range(piece, &repeated);
        }
        8 => {
            let element = element(text, random);
            let copy = text[element.clone()].to_owned();
            let at = boundary(text, random.usize(0..=text.len()));
            text.insert_str(at, &copy);
        }
        _ => flip(text, piece.start, random),
    }
}

/// How often a piece is repeated without making the text too long.
fn repetitions(piece: &str, random: &mut Rng) -> usize {
    let fits = TEXT_BYTES_MAX / piece.len().max(1);
    random.usize(0..=REPEATED_MAX.min(fits))
}

/// Replaces one character by another.
fn flip(text: &mut String, at: usize, random: &mut Rng) {
    if let Some(found) = text[at..].chars().next() {
        let new = if random.bool() { char::from(random.u8(1..128)) } else { random.char(..) };
        text.replace_range(at..at + found.len_utf8(), new.encode_utf8(&mut [0; 4]));
    }
}

/// A word, number or sign at some place.
fn token(text: &str, random: &mut Rng) -> std::ops::Range<usize> {
    let start = boundary(text, random.usize(0..=text.len()));
    let rest = &text[start..];
    let Some(first) = rest.chars().next() else { return start..start };
    let is_same = |found: char| found.is_alphanumeric() == first.is_alphanumeric();
    let length = if first.is_alphanumeric() {
        rest.find(|found| !is_same(found)).unwrap_or(rest.len())
    } else {
        first.len_utf8()
    };
    start..start + length
}

/// Some bytes in a row.
fn span(text: &str, random: &mut Rng) -> std::ops::Range<usize> {
    let start = boundary(text, random.usize(0..=text.len()));
    let end = boundary(text, (start + random.usize(0..200)).min(text.len()));
    start..end.max(start)
}

/// From one `<` to a later `>`, as an element with what is in it might be.
fn element(text: &str, random: &mut Rng) -> std::ops::Range<usize> {
    let from = boundary(text, random.usize(0..=text.len()));
    let start = text[from..].find('<').map_or(from, |at| from + at);
    let mut end = start;
    for _ in 0..random.usize(1..12) {
        end = text[end..].find('>').map_or(end, |at| end + at + 1);
    }
    start..end
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn truncate(text: &mut String, bytes: usize) {
    text.truncate(boundary(text, bytes));
}

fn pick<'c>(corpus: &'c [String], random: &mut Rng) -> &'c String {
    &corpus[random.usize(..corpus.len())]
}
