//! Page cursors: the place of one item in the order of one search.
//!
//! Opaque to clients: base64 of JSON with the search's order, the item's sort values, and its key. The same in every store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Field, FieldKind, Operand, Order};
use crate::Error;

/// The order of a search's result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sorting<F> {
    /// The fields that decide, without those that cannot.
    pub(crate) fields: Vec<(F, Order)>,
    /// The direction of the key, which decides between equal values.
    pub(crate) key: Order,
}

impl<F: Field> Sorting<F> {
    /// The order that `sort` asks for.
    pub(crate) fn new(sort: &[(F, Order)]) -> Self {
        let mut fields = Vec::new();
        for &(field, order) in sort {
            if field == F::KEY {
                return Self { fields, key: order };
            }
            if field.kind() != FieldKind::Texts {
                fields.push((field, order));
            }
        }
        Self { fields, key: sort.last().map_or(Order::Ascending, |(_, order)| *order) }
    }

    /// The opposite order.
    pub(crate) fn reversed(&self) -> Self {
        Self {
            fields: self.fields.iter().map(|(field, order)| (*field, order.reversed())).collect(),
            key: self.key.reversed(),
        }
    }

    /// Names entity and order, so that a cursor of another search is told apart.
    fn name(&self) -> String {
        let sign = |order| if order == Order::Ascending { '+' } else { '-' };
        let mut name = format!("{}{}", F::ENTITY, sign(self.key));
        for (field, order) in &self.fields {
            name.push_str(&format!("{field:?}{}", sign(*order)));
        }
        name
    }
}

/// The place of one item in the order of a search.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cursor {
    /// The item's value for each field of the [`Sorting`].
    pub(crate) values: Vec<Option<Operand>>,
    /// The item's key.
    pub(crate) key: i64,
}

impl Cursor {
    /// The cursor as clients get it.
    pub(crate) fn encode<F: Field>(self, sorting: &Sorting<F>) -> String {
        let values = self.values.into_iter().map(|value| match value {
            None => Value::Null,
            Some(Operand::Text(text)) => Value::from(text),
            Some(Operand::Integer(integer)) => Value::from(integer),
        });
        let parts = vec![Value::from(sorting.name()), Value::from_iter(values), Value::from(self.key)];
        STANDARD.encode(Value::from(parts).to_string())
    }

    /// The cursor that a client has sent.
    ///
    /// # Errors
    /// [`Error::InvalidCursor`]: it was not made by a search over this entity in this order.
    pub(crate) fn decode<F: Field>(text: &str, sorting: &Sorting<F>) -> Result<Self, Error> {
        let bytes = STANDARD.decode(text).map_err(|_| Error::InvalidCursor)?;
        let (name, values, key): (String, Vec<Value>, i64) =
            serde_json::from_slice(&bytes).map_err(|_| Error::InvalidCursor)?;
        if name != sorting.name() || values.len() != sorting.fields.len() {
            return Err(Error::InvalidCursor);
        }
        let values = values
            .into_iter()
            .zip(&sorting.fields)
            .map(|(value, (field, _))| match (field.kind(), value) {
                (_, Value::Null) => Ok(None),
                (FieldKind::Text | FieldKind::LongText, Value::String(text)) => Ok(Some(Operand::Text(text))),
                (FieldKind::Integer, Value::Number(number)) => {
                    number.as_i64().map(|integer| Some(Operand::Integer(integer))).ok_or(Error::InvalidCursor)
                }
                _ => Err(Error::InvalidCursor),
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { values, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{IncidentField, JobField};

    fn by_worker_and_deadline() -> Sorting<JobField> {
        Sorting::new(&[(JobField::Worker, Order::Ascending), (JobField::Deadline, Order::Descending)])
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let sorting = by_worker_and_deadline();
        for values in [
            vec![None, Some(Operand::Integer(-3))],
            vec![Some(Operand::Text("\"ü\u{0}".into())), Some(Operand::Integer(i64::MAX))],
        ] {
            let cursor = Cursor { values, key: i64::MAX };
            assert_eq!(Cursor::decode(&cursor.clone().encode(&sorting), &sorting).unwrap(), cursor);
        }
    }

    #[test]
    fn a_cursor_of_another_search_is_refused() {
        let sorting = by_worker_and_deadline();
        let text = Cursor { values: vec![None, None], key: 1 }.encode(&sorting);
        let by_worker = Sorting::new(&[(JobField::Worker, Order::Ascending)]);
        for other in [sorting.reversed(), by_worker, Sorting::new(&[])] {
            assert!(matches!(Cursor::decode(&text, &other), Err(Error::InvalidCursor)), "{other:?}");
        }
        let wrong_kind = Cursor { values: vec![Some(Operand::Integer(1)), None], key: 1 }.encode(&sorting);
        assert!(matches!(Cursor::decode(&wrong_kind, &sorting), Err(Error::InvalidCursor)));
        let by_key = Cursor { values: Vec::new(), key: 1 }.encode(&Sorting::<JobField>::new(&[]));
        let incidents = Sorting::<IncidentField>::new(&[]);
        assert!(matches!(Cursor::decode(&by_key, &incidents), Err(Error::InvalidCursor)));
        for garbage in ["", "x", "bnVsbA", "ä"] {
            assert!(matches!(Cursor::decode(garbage, &sorting), Err(Error::InvalidCursor)), "{garbage}");
        }
    }

    #[test]
    fn nothing_sorts_after_the_key() {
        let sorting = Sorting::new(&[
            (JobField::Type, Order::Ascending),
            (JobField::JobKey, Order::Descending),
            (JobField::Worker, Order::Ascending),
        ]);
        assert_eq!(
            sorting,
            Sorting { fields: vec![(JobField::Type, Order::Ascending)], key: Order::Descending }
        );
    }
}
