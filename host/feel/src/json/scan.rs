//! Reading JSON in place: values that are not needed are stepped over, never decoded.
//!
//! The text has been checked before ([`super::check_json`]). Where it is malformed all the same, reading ends early:
//! never a panic, never a read past the end. Steps over nested values take no stack.

use crate::value::Text;

/// The elements of a list, as text. `raw` begins with `[`.
pub(crate) fn elements(raw: &str) -> Elements<'_> {
    Elements { cursor: Cursor::inside(raw) }
}

/// The members of an object: its keys and its values as text. `raw` begins with `{`.
pub(crate) fn members(raw: &str) -> Members<'_> {
    Members { cursor: Cursor::inside(raw) }
}

/// The member called `name`. As with every common reader the last one counts when a key is repeated.
pub(crate) fn member<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    let mut cursor = Cursor::inside(raw);
    let mut found = None;
    while let Some(key) = cursor.key() {
        let value = cursor.value()?;
        if key.equals(name) {
            found = Some(value);
        }
        cursor.comma();
    }
    found
}

/// Levels of lists and objects in `text`.
pub(crate) fn depth(text: &str) -> usize {
    let mut cursor = Cursor { text, at: 0 };
    let (mut depth, mut deepest) = (0usize, 0usize);
    while let Some(byte) = cursor.peek() {
        match byte {
            b'"' => {
                if cursor.string().is_none() {
                    break;
                }
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        cursor.at += 1;
    }
    deepest
}

/// The text of a string literal with its quotes, if `text` is exactly that.
pub(crate) fn whole_string(text: &str) -> Option<RawString<'_>> {
    let mut cursor = Cursor { text, at: 0 };
    let string = cursor.string()?;
    (cursor.at == text.len()).then_some(string)
}

/// Iterator of [`elements`].
#[derive(Clone)]
pub(crate) struct Elements<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let value = self.cursor.value()?;
        self.cursor.comma();
        Some(value)
    }
}

/// Iterator of [`members`].
pub(crate) struct Members<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for Members<'a> {
    type Item = (RawString<'a>, &'a str);

    fn next(&mut self) -> Option<(RawString<'a>, &'a str)> {
        let key = self.cursor.key()?;
        let value = self.cursor.value()?;
        self.cursor.comma();
        Some((key, value))
    }
}

/// What stands between the quotes of a string literal.
#[derive(Clone, Copy)]
pub(crate) struct RawString<'a> {
    quoted: &'a str,
    escaped: bool,
}

impl<'a> RawString<'a> {
    /// The string itself; borrowed when nothing in it is escaped.
    pub(crate) fn decode(self) -> Text<'a> {
        if !self.escaped {
            return Text::from(self.inner());
        }
        // Checked text can fail here only with a lone surrogate, which no string can hold.
        let decoded = serde_json::from_str::<String>(self.quoted);
        decoded.map_or_else(|_| Text::from(self.inner()), Text::from)
    }

    fn inner(self) -> &'a str {
        &self.quoted[1..self.quoted.len() - 1]
    }

    fn equals(self, text: &str) -> bool {
        if self.escaped { &*self.decode() == text } else { self.inner() == text }
    }
}

#[derive(Clone)]
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Behind the opening bracket of `raw`.
    fn inside(raw: &'a str) -> Cursor<'a> {
        let mut cursor = Cursor { text: raw, at: 1 };
        cursor.whitespace();
        cursor
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Steps over a comma and the space around it.
    #[inline]
    fn comma(&mut self) {
        self.whitespace();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.whitespace();
        }
    }

    /// Steps over a key and its colon.
    #[inline]
    fn key(&mut self) -> Option<RawString<'a>> {
        let key = self.string()?;
        self.whitespace();
        if self.peek() != Some(b':') {
            return None;
        }
        self.at += 1;
        self.whitespace();
        Some(key)
    }

    /// Steps over a string literal.
    #[inline]
    fn string(&mut self) -> Option<RawString<'a>> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut escaped = false;
        let mut at = start + 1;
        loop {
            at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes[at] == b'"' {
                break;
            }
            escaped = true;
            at += 2;
        }
        self.at = at + 1;
        Some(RawString { quoted: self.text.get(start..self.at)?, escaped })
    }

    /// Steps over a value of any kind.
    #[inline]
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        match self.peek()? {
            b'"' => {
                self.string()?;
            }
            b'{' | b'[' => self.container()?,
            b'}' | b']' | b',' | b':' => return None,
            _ => self.scalar(),
        }
        self.text.get(start..self.at)
    }

    fn container(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut open = 0usize;
        loop {
            match bytes.get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Some(());
            }
        }
    }

    fn scalar(&mut self) {
        while let Some(byte) = self.peek() {
            if matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') {
                return;
            }
            self.at += 1;
        }
    }
}
