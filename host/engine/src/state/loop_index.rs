//! Where the items of a loop stand in their list, so that each is read without reading those before it.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What is derived from the values that a loop keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LoopIndex {
    /// Where each item begins and ends in the text of the list.
    items: Vec<(u32, u32)>,
    /// Bytes of all results.
    result_bytes: usize,
}

impl LoopIndex {
    /// Takes note of a value: of the list of items when `counter` is 0, otherwise of a result.
    pub(super) fn put(&mut self, counter: u32, before: Option<&str>, value: &str) {
        if counter == 0 {
            self.items = items_of(value);
        } else {
            self.result_bytes -= before.map_or(0, str::len);
            self.result_bytes += value.len();
        }
    }

    /// The item with this `loopCounter` in the list that was put.
    pub(super) fn item<'t>(&self, list: &'t str, counter: u32) -> Option<&'t str> {
        let (start, end) = self.items.get(counter.checked_sub(1)? as usize)?;
        list.get(*start as usize..*end as usize)
    }

    pub(super) fn result_bytes(&self) -> usize {
        self.result_bytes
    }
}

/// Where the items of a JSON array stand in its text. A list that is none was damaged, and has no items.
fn items_of(list: &str) -> Vec<(u32, u32)> {
    let mut reader = serde_json::Deserializer::from_str(list);
    reader.deserialize_seq(Places { start: list.as_ptr().addr() }).unwrap_or_default()
}

/// Reads the places of items: each is handed out as a part of the text.
struct Places {
    start: usize,
}

impl<'de> Visitor<'de> for Places {
    type Value = Vec<(u32, u32)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut places = Vec::new();
        while let Some(item) = items.next_element::<&'de RawValue>()? {
            let start = item.get().as_ptr().addr() - self.start;
            places.push((start as u32, (start + item.get().len()) as u32));
        }
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_in_the_text_of_their_list() {
        let list = r#" [1.50, {"a":[1,2]} ,"x]", null]"#;
        let mut index = LoopIndex::default();
        index.put(0, None, list);
        let items: Vec<_> = (0..6).map(|counter| index.item(list, counter)).collect();
        let expected = [None, Some("1.50"), Some(r#"{"a":[1,2]}"#), Some(r#""x]""#), Some("null"), None];
        assert_eq!(items, expected);
        assert_eq!((items_of("[]"), items_of("{}"), items_of("")), (vec![], vec![], vec![]));
    }

    #[test]
    fn results_are_counted_once() {
        let mut index = LoopIndex::default();
        index.put(1, None, "12");
        index.put(2, None, "345");
        index.put(1, Some("12"), "1");
        assert_eq!(index.result_bytes(), 4);
    }
}
