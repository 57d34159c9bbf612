//! Text of an attribute or element that knows where in the source each of its bytes comes from.

use std::ops::Range;

use roxmltree::Attribute;

use crate::findings::Place;
use crate::node::{Node, element_id};

/// A text, after XML's entities and line ends, and whatever else replaced parts of it.
#[derive(Clone, Debug)]
pub struct SourceText<'a> {
    /// The element that the text belongs to.
    pub node: Node<'a>,
    value: String,
    pieces: Vec<Piece>,
    span: Range<usize>,
}

/// Where a run of the value, up to the next piece, comes from.
#[derive(Clone, Debug)]
struct Piece {
    value_start: usize,
    source: Range<usize>,
    origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Byte by byte.
    Verbatim,
    /// All of it from one place, such as an entity.
    Replaced,
}

impl<'a> SourceText<'a> {
    /// An attribute's value.
    pub fn of_attribute(node: Node<'a>, attribute: Attribute<'a, 'a>) -> Self {
        let span = attribute.range_value();
        let mut decoder = Decoder::new(node, span.clone());
        let decoded = decoder.attribute();
        decoder.finish(decoded, attribute.value())
    }

    /// An element's text without the white space around it. Empty when it has none.
    pub fn of_content(node: Node<'a>) -> Self {
        let expected: String =
            node.children().filter(Node::is_text).filter_map(|child| child.text()).collect();
        let mut decoder = Decoder::new(node, content_span(node));
        let decoded = decoder.content();
        decoder.finish(decoded, &expected).trimmed()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The place of the whole text.
    pub fn place(&self) -> Place {
        self.place_of(0..self.value.len())
    }

    /// The place of a part of the text.
    pub fn place_of(&self, range: Range<usize>) -> Place {
        Place { span: self.locate(range), element: element_id(self.node) }
    }

    /// The text with each of `replacements`, which are in order and apart, put in place of its range.
    pub fn replaced(self, replacements: &[(Range<usize>, String)]) -> Self {
        let mut value = String::with_capacity(self.value.len());
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2 * replacements.len());
        let mut at = 0;
        for (range, replacement) in replacements {
            self.copy(at..range.start, &mut value, &mut pieces);
            pieces.push(Piece {
                value_start: value.len(),
                source: self.locate(range.clone()),
                origin: Origin::Replaced,
            });
            value.push_str(replacement);
            at = range.end;
        }
        self.copy(at..self.value.len(), &mut value, &mut pieces);
        Self { value, pieces, ..self }
    }

    fn trimmed(self) -> Self {
        let start = self.value.len() - self.value.trim_start().len();
        let end = start + self.value.trim().len();
        if start == 0 && end == self.value.len() {
            return self;
        }
        let span = self.locate(start..end);
        let (mut value, mut pieces) = (String::with_capacity(end - start), Vec::new());
        self.copy(start..end, &mut value, &mut pieces);
        Self { value, pieces, span, ..self }
    }

    fn copy(&self, range: Range<usize>, value: &mut String, pieces: &mut Vec<Piece>) {
        let first = self.pieces.partition_point(|piece| piece.value_start <= range.start).saturating_sub(1);
        for (index, piece) in self.pieces.iter().enumerate().skip(first) {
            if piece.value_start >= range.end {
                break;
            }
            let piece_end = self.pieces.get(index + 1).map_or(self.value.len(), |next| next.value_start);
            let (start, end) = (piece.value_start.max(range.start), piece_end.min(range.end));
            if start < end {
                let source = self.locate(start..end);
                pieces.push(Piece { value_start: value.len(), source, origin: piece.origin });
                value.push_str(&self.value[start..end]);
            }
        }
    }

    /// The part of the source that a part of the text comes from. The text's end is the source text's end.
    fn locate(&self, range: Range<usize>) -> Range<usize> {
        let start = match self.piece_at(range.start) {
            Some(piece) if range.start < self.value.len() => piece.source_of(range.start).start,
            _ => self.span.end,
        };
        let end = match range.end.checked_sub(1).and_then(|last| self.piece_at(last)) {
            Some(piece) if range.start < range.end => piece.source_of(range.end.min(self.value.len())).end,
            _ => start,
        };
        let source = self.node.document().input_text();
        source.floor_char_boundary(start)..source.ceil_char_boundary(end.max(start))
    }

    fn piece_at(&self, offset: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.value_start <= offset);
        after.checked_sub(1).and_then(|index| self.pieces.get(index))
    }
}

impl Piece {
    /// The source of one offset: an empty range in what is verbatim, all of what was replaced.
    fn source_of(&self, offset: usize) -> Range<usize> {
        match self.origin {
            Origin::Verbatim => {
                let at = self.source.start + (offset - self.value_start);
                at..at
            }
            Origin::Replaced => self.source.clone(),
        }
    }
}

/// Between an element's tags.
fn content_span(node: Node<'_>) -> Range<usize> {
    let range = node.range();
    let source = &node.document().input_text()[range.clone()];
    let Some(first) = node.first_child() else { return range.start..range.start };
    let start = first.range().start.clamp(range.start, range.end);
    let end = range.start + source.rfind("</").unwrap_or(source.len());
    start..end.max(start)
}

/// Undoes XML's escapes, noting where everything comes from.
struct Decoder<'a> {
    node: Node<'a>,
    source: &'a str,
    span: Range<usize>,
    at: usize,
    value: String,
    pieces: Vec<Piece>,
}

/// The text holds something that only the XML parser understands; its own result is used, without inner places.
struct Unclear;

impl<'a> Decoder<'a> {
    fn new(node: Node<'a>, span: Range<usize>) -> Self {
        let source = node.document().input_text();
        Self { node, source, at: span.start, span, value: String::new(), pieces: Vec::new() }
    }

    fn finish(self, decoded: Result<(), Unclear>, expected: &str) -> SourceText<'a> {
        if decoded.is_ok() && self.value == expected {
            return SourceText { node: self.node, value: self.value, pieces: self.pieces, span: self.span };
        }
        let whole = Piece { value_start: 0, source: self.span.clone(), origin: Origin::Replaced };
        SourceText { node: self.node, value: expected.to_owned(), pieces: vec![whole], span: self.span }
    }

    fn attribute(&mut self) -> Result<(), Unclear> {
        while let Some(rest) = self.rest() {
            match rest.find(['&', '\r', '\n', '\t']).unwrap_or(rest.len()) {
                0 if rest.starts_with('&') => self.entity(rest)?,
                0 if rest.starts_with("\r\n") => self.replace(2, ' '),
                0 => self.replace(1, ' '),
                length => self.verbatim(length),
            }
        }
        Ok(())
    }

    fn content(&mut self) -> Result<(), Unclear> {
        const CDATA: &str = "<![CDATA[";
        while let Some(rest) = self.rest() {
            match rest.find(['&', '\r', '<']).unwrap_or(rest.len()) {
                0 if rest.starts_with('&') => self.entity(rest)?,
                0 if rest.starts_with("\r\n") => self.replace(2, '\n'),
                0 if rest.starts_with('\r') => self.replace(1, '\n'),
                0 if rest.starts_with("<!--") => self.at += rest.find("-->").ok_or(Unclear)? + 3,
                0 if rest.starts_with(CDATA) => {
                    let inner = &rest[CDATA.len()..];
                    let length = inner.find("]]>").ok_or(Unclear)?;
                    if inner[..length].contains('\r') {
                        return Err(Unclear);
                    }
                    self.at += CDATA.len();
                    self.verbatim(length);
                    self.at += 3;
                }
                0 => return Err(Unclear),
                length => self.verbatim(length),
            }
        }
        Ok(())
    }

    fn rest(&self) -> Option<&'a str> {
        self.source.get(self.at..self.span.end).filter(|rest| !rest.is_empty())
    }

    fn verbatim(&mut self, length: usize) {
        if length > 0 {
            self.piece(length, Origin::Verbatim);
            self.value.push_str(&self.source[self.at..self.at + length]);
            self.at += length;
        }
    }

    fn replace(&mut self, length: usize, with: char) {
        self.piece(length, Origin::Replaced);
        self.value.push(with);
        self.at += length;
    }

    fn entity(&mut self, rest: &str) -> Result<(), Unclear> {
        let end = rest.find(';').ok_or(Unclear)?;
        let name = &rest[1..end];
        let character = match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#').ok_or(Unclear)?;
                let code = match number.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => number.parse(),
                };
                code.ok().and_then(char::from_u32).ok_or(Unclear)?
            }
        };
        self.replace(end + 1, character);
        Ok(())
    }

    fn piece(&mut self, length: usize, origin: Origin) {
        self.pieces.push(Piece { value_start: self.value.len(), source: self.at..self.at + length, origin });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of attribute `a`, or of the element, and the source of each of its characters.
    fn origins(source: &str, of: impl Fn(Node<'_>) -> SourceText<'_>) -> (String, Vec<String>) {
        let document = roxmltree::Document::parse(source).unwrap();
        let text = of(document.root_element());
        let characters = text.as_str().char_indices();
        let spans =
            characters.map(|(at, c)| source[text.place_of(at..at + c.len_utf8()).span].to_owned()).collect();
        (text.as_str().to_owned(), spans)
    }

    fn content(node: Node<'_>) -> SourceText<'_> {
        SourceText::of_content(node)
    }

    fn attribute(node: Node<'_>) -> SourceText<'_> {
        SourceText::of_attribute(node, node.attribute_node("a").unwrap())
    }

    #[test]
    fn attributes_map_through_entities_and_line_ends() {
        let (text, spans) = origins("<x a='é&lt;&#10;b&#x41;\r\nc\td'/>", attribute);
        assert_eq!(text, "é<\nbA c d");
        assert_eq!(spans, ["é", "&lt;", "&#10;", "b", "&#x41;", "\r\n", "c", "\t", "d"]);
    }

    #[test]
    fn content_maps_through_sections_and_comments_and_is_trimmed() {
        let (text, spans) = origins("<x>\n  a<!-- <b> -->&amp;<![CDATA[<]]>c  </x>", content);
        assert_eq!(text, "a&<c");
        assert_eq!(spans, ["a", "&amp;", "<", "c"]);
    }

    #[test]
    fn what_is_not_understood_points_to_the_whole() {
        let (text, spans) = origins("<x>a<y/>b</x>", content);
        assert_eq!((text.as_str(), spans[0].as_str()), ("ab", "a<y/>b"));
    }

    #[test]
    fn an_element_without_text_is_empty() {
        for source in ["<x/>", "<x></x>", "<x>  </x>", "<x><!-- a --></x>"] {
            assert_eq!(origins(source, content).0, "", "{source}");
        }
    }

    #[test]
    fn replacements_keep_the_places_around_them() {
        let source = "<x a='=a+SECRET&gt;b'/>";
        let document = roxmltree::Document::parse(source).unwrap();
        let text = attribute(document.root_element()).replaced(&[(3..9, "token-of-any-length".into())]);
        assert_eq!(text.as_str(), "=a+token-of-any-length>b");
        let source_of = |range| &source[text.place_of(range).span];
        assert_eq!(source_of(0..3), "=a+");
        assert_eq!(source_of(3..22), "SECRET");
        assert_eq!(source_of(22..24), "&gt;b");
    }
}
