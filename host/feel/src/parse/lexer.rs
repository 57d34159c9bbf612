//! Characters to tokens, one at a time: which words belong together to a name only the parser knows.

use crate::error::ParseError;
use crate::span::Span;

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    End,
    Number,
    /// With its quotes; `escaped` when a backslash is in it.
    String {
        escaped: bool,
    },
    /// A word: a keyword or one part of a name.
    Word,
    /// A name in backticks.
    QuotedName,
    At,
    Question,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Colon,
    Dot,
    DotDot,
    Arrow,
    Plus,
    Minus,
    Star,
    StarStar,
    Slash,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The token that begins at or after `at`.
pub(super) fn token(text: &str, at: usize) -> Result<Token, ParseError> {
    use TokenKind::*;
    let start = skip_blank(text, at)?;
    let bytes = text.as_bytes();
    let Some(first) = bytes.get(start).copied() else {
        return Ok(Token { kind: End, span: span(start, start) });
    };
    let second = bytes.get(start + 1).copied();
    let (kind, length) = match (first, second) {
        (b'0'..=b'9', _) | (b'.', Some(b'0'..=b'9')) => (Number, number_length(&bytes[start..])),
        (b'"', _) => return string(text, start),
        (b'`', _) => return quoted_name(text, start),
        (b'.', Some(b'.')) => (DotDot, 2),
        (b'*', Some(b'*')) => (StarStar, 2),
        (b'!', Some(b'=')) => (NotEqual, 2),
        (b'<', Some(b'=')) => (LessOrEqual, 2),
        (b'>', Some(b'=')) => (GreaterOrEqual, 2),
        (b'-', Some(b'>')) => (Arrow, 2),
        (b'=', Some(b'=')) => {
            return Err(error("found `==`; FEEL compares with a single `=`", start, start + 2));
        }
        (b'&', Some(b'&')) => return Err(error("found `&&`; FEEL writes `and`", start, start + 2)),
        (b'|', Some(b'|')) => return Err(error("found `||`; FEEL writes `or`", start, start + 2)),
        (b'!', _) => return Err(error("found `!`; FEEL writes `not(…)`", start, start + 1)),
        (b'\'', _) => return Err(error("found `'`; FEEL writes strings in double quotes", start, start + 1)),
        (b'@', _) => (At, 1),
        (b'?', _) => (Question, 1),
        (b'(', _) => (OpenParen, 1),
        (b')', _) => (CloseParen, 1),
        (b'[', _) => (OpenBracket, 1),
        (b']', _) => (CloseBracket, 1),
        (b'{', _) => (OpenBrace, 1),
        (b'}', _) => (CloseBrace, 1),
        (b',', _) => (Comma, 1),
        (b':', _) => (Colon, 1),
        (b'.', _) => (Dot, 1),
        (b'+', _) => (Plus, 1),
        (b'-', _) => (Minus, 1),
        (b'*', _) => (Star, 1),
        (b'/', _) => (Slash, 1),
        (b'=', _) => (Equal, 1),
        (b'<', _) => (Less, 1),
        (b'>', _) => (Greater, 1),
        _ => match word_length(&text[start..]) {
            0 => {
                let unknown = text[start..].chars().next().unwrap_or_default();
                let message = format!("found `{unknown}`, which means nothing in FEEL");
                return Err(error(&message, start, start + unknown.len_utf8()));
            }
            length => (Word, length),
        },
    };
    Ok(Token { kind, span: span(start, start + length) })
}

/// If the words of `name` stand in `text` at `at`, with any space between them, where they end.
pub(crate) fn match_name(text: &str, at: usize, name: &str) -> Option<usize> {
    let mut rest = text.get(at..)?;
    for (index, word) in name.split(' ').enumerate() {
        if index > 0 {
            let trimmed = rest.trim_start();
            if trimmed.len() == rest.len() {
                return None;
            }
            rest = trimmed;
        }
        rest = rest.strip_prefix(word)?;
    }
    if rest.chars().next().is_some_and(is_name_part) {
        return None;
    }
    Some(text.len() - rest.len())
}

/// The characters of a string token, its escapes resolved.
pub(super) fn unescape(quoted: &str) -> String {
    let inner = &quoted[1..quoted.len() - 1];
    let mut unescaped = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        unescaped.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let plain = match escape.as_bytes().first() {
            Some(b'n') => Some('\n'),
            Some(b't') => Some('\t'),
            Some(b'r') => Some('\r'),
            Some(b'"') => Some('"'),
            Some(b'\'') => Some('\''),
            Some(b'\\') => Some('\\'),
            _ => None,
        };
        if let Some(plain) = plain {
            unescaped.push(plain);
            rest = &escape[1..];
        } else if let Some((character, length)) = unicode_escape(escape) {
            unescaped.push(character);
            rest = &escape[length..];
        } else {
            // An escape that FEEL does not know stays as it is: `\d` reaches a regular expression.
            unescaped.push('\\');
            rest = escape;
        }
    }
    unescaped.push_str(rest);
    unescaped
}

/// `u1F40` or `U01F40E` with the letter, or two `\u` escapes that make up one character.
fn unicode_escape(escape: &str) -> Option<(char, usize)> {
    let digits = |from: usize, count: usize| {
        let digits = escape.get(from..from + count)?;
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if is_hexadecimal { u32::from_str_radix(digits, 16).ok() } else { None }
    };
    match escape.as_bytes().first()? {
        b'U' => Some((char::from_u32(digits(1, 6)?)?, 7)),
        b'u' => {
            let first = digits(1, 4)?;
            if !(0xD800..0xDC00).contains(&first) {
                return Some((char::from_u32(first)?, 5));
            }
            if escape.get(5..7)? != "\\u" {
                return None;
            }
            let second = digits(7, 4).filter(|second| (0xDC00..0xE000).contains(second))?;
            let character = char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))?;
            Some((character, 11))
        }
        _ => None,
    }
}

/// Past space and comments.
fn skip_blank(text: &str, at: usize) -> Result<usize, ParseError> {
    let mut at = at;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start_matches(is_space);
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            match trimmed.find("*/") {
                Some(end) => at += end + 2,
                None => return Err(error("the comment is not closed: expected `*/`", at, at + 2)),
            }
        } else {
            return Ok(at);
        }
    }
}

fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}')
}

fn is_name_start(character: char) -> bool {
    character.is_ascii_alphabetic()
        || matches!(character, '_' | '$')
        || (!character.is_ascii() && (character.is_alphabetic() || character >= '\u{10000}'))
}

pub(super) fn is_name_part(character: char) -> bool {
    is_name_start(character)
        || character.is_ascii_digit()
        || (!character.is_ascii() && character.is_alphanumeric())
        || matches!(character, '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
}

fn word_length(text: &str) -> usize {
    let mut characters = text.char_indices();
    if !characters.next().is_some_and(|(_, first)| is_name_start(first)) {
        return 0;
    }
    characters.find(|(_, character)| !is_name_part(*character)).map_or(text.len(), |(at, _)| at)
}

/// The length of a number, which is there. `1..5` is a number and not a fraction.
fn number_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        if bytes.get(length + 1 + sign).is_some_and(u8::is_ascii_digit) {
            length += 1 + sign + digits(length + 1 + sign);
        }
    }
    length
}

fn string(text: &str, start: usize) -> Result<Token, ParseError> {
    let bytes = text.as_bytes();
    let mut escaped = false;
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            None => return Err(error("the string is not closed: expected `\"`", start, text.len())),
            Some(b'"') => break,
            Some(b'\\') => {
                escaped = true;
                at += 2;
            }
            Some(_) => at += 1,
        }
    }
    Ok(Token { kind: TokenKind::String { escaped }, span: span(start, at + 1) })
}

fn quoted_name(text: &str, start: usize) -> Result<Token, ParseError> {
    match text[start + 1..].find('`') {
        None => Err(error("the name is not closed: expected a backtick", start, text.len())),
        Some(0) => Err(error("found an empty name in backticks", start, start + 2)),
        Some(length) => Ok(Token { kind: TokenKind::QuotedName, span: span(start, start + length + 2) }),
    }
}

/// Texts are shorter than [`super::EXPRESSION_BYTES_MAX`], so that positions fit.
fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

fn error(message: &str, start: usize, end: usize) -> ParseError {
    ParseError { message: message.to_owned(), span: start..end }
}
