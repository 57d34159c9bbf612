//! Numbers of JSON.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Up to here every whole number is a floating-point number of its own.
const WHOLE_FLOAT_MAX: f64 = 9_007_199_254_740_992.0;

/// Reads a whole number however JSON writes it: `712`, `712.0` and `7.12e2` are the same number.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Customer {
///     #[serde(deserialize_with = "fermata_sdk::whole_number")]
///     score: i64,
/// }
/// # let customer: Customer = serde_json::from_str(r#"{"score":712.0}"#).unwrap();
/// # assert_eq!(customer.score, 712);
/// ```
pub fn whole_number<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i128>,
{
    deserializer.deserialize_any(WholeNumber(PhantomData))
}

struct WholeNumber<T>(PhantomData<T>);

impl<T: TryFrom<i128>> WholeNumber<T> {
    fn fitting<E: Error>(number: i128) -> Result<T, E> {
        T::try_from(number).map_err(|_| E::custom(format_args!("{number} is out of range")))
    }
}

impl<T: TryFrom<i128>> Visitor<'_> for WholeNumber<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Self::fitting(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Self::fitting(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        if number.fract() == 0.0 && number.abs() <= WHOLE_FLOAT_MAX {
            return Self::fitting(number as i128);
        }
        Err(E::custom(format_args!("{number} is not a whole number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: TryFrom<i128>>(text: &str) -> Option<T> {
        whole_number(&mut serde_json::Deserializer::from_str(text)).ok()
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        for text in ["712", "712.0", "7.12e2", "71200e-2"] {
            assert_eq!(read(text), Some(712_i64), "{text}");
        }
        assert_eq!(read("-0.0"), Some(0_i64));
        assert_eq!(read("18446744073709551615"), Some(u64::MAX));
        for text in ["1.5", "1e300", "9223372036854775808", "null", "true", "\"7\"", "[7]"] {
            assert_eq!(read::<i64>(text), None, "{text}");
        }
        assert_eq!((read::<u8>("255.0"), read::<u8>("256"), read::<u8>("-1")), (Some(255), None, None));
    }
}
