//! Values that are made once in an evaluation, however many need them.

use std::collections::BTreeMap;
use std::ptr;

use feel::Value;

/// What is known already: values of decisions and of input data, by the address of the element.
pub(super) type Known<'a> = BTreeMap<usize, Value<'a>>;

/// By what an element is known in [`Known`].
pub(super) fn key<T>(element: &T) -> usize {
    ptr::from_ref(element).addr()
}
