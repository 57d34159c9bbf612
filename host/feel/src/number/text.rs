//! Numbers as text.

use std::fmt;

use super::Number;
use super::unrounded::{DIGITS_MAX, Unrounded, digits_of};

/// Numbers with more digits than this before or after the decimal point are written with an exponent.
const PLAIN_DIGITS_MAX: i32 = 40;

/// Powers of ten beyond any number, where counting them stops.
const EXPONENT_LIMIT: i32 = 1_000_000;

impl Number {
    /// Reads `12`, `-1.5`, `.5` or `1e3`. Digits beyond [`Number::DIGITS_MAX`] are rounded.
    pub fn parse(text: &str) -> Option<Number> {
        let bytes = text.as_bytes();
        let (negative, mut rest) = match bytes.split_first()? {
            (b'-', rest) => (true, rest),
            _ => (false, bytes),
        };
        let mut number = Unrounded { negative, coefficient: 0, exponent: 0, inexact: false };
        let (mut any, mut fraction) = (false, false);
        while let Some((first, after)) = rest.split_first() {
            match first {
                b'0'..=b'9' => {
                    any = true;
                    number.push(first - b'0', fraction);
                }
                b'.' if !fraction => fraction = true,
                b'e' | b'E' if any => {
                    number.exponent = number.exponent.saturating_add(exponent(after)?);
                    break;
                }
                _ => return None,
            }
            rest = after;
        }
        // A decimal point needs a digit behind it.
        if !any || bytes.last() == Some(&b'.') {
            return None;
        }
        number.negative = negative && number.coefficient != 0;
        number.exponent = number.exponent.clamp(-EXPONENT_LIMIT, EXPONENT_LIMIT);
        number.round()
    }
}

impl Unrounded {
    /// Appends a digit.
    #[inline]
    fn push(&mut self, digit: u8, fraction: bool) {
        if self.coefficient < 10u128.pow(DIGITS_MAX - 1) {
            self.coefficient = self.coefficient * 10 + u128::from(digit);
            self.exponent = self.exponent.saturating_sub(i32::from(fraction));
        } else {
            self.inexact |= digit != 0;
            self.exponent = self.exponent.saturating_add(i32::from(!fraction));
        }
    }
}

/// The number behind `e`, as far as it can matter.
fn exponent(bytes: &[u8]) -> Option<i32> {
    let (negative, digits) = match bytes.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, bytes),
    };
    if digits.is_empty() {
        return None;
    }
    let mut exponent = 0i32;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        exponent = exponent.saturating_mul(10).saturating_add(i32::from(digit - b'0')).min(EXPONENT_LIMIT);
    }
    Some(if negative { -exponent } else { exponent })
}

/// The number without noise: `1` for 1.0, `1e+100` only where plain digits would run long. The text is valid JSON.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (coefficient, exponent) = self.stripped();
        let sign = if self.negative { "-" } else { "" };
        let count = digits_of(coefficient) as i32;
        if exponent >= 0 && count + exponent <= PLAIN_DIGITS_MAX {
            write!(formatter, "{sign}{coefficient}")?;
            return (0..exponent).try_for_each(|_| formatter.write_str("0"));
        }
        let digits = coefficient.to_string();
        if exponent < 0 && -exponent <= PLAIN_DIGITS_MAX {
            return match usize::try_from(count + exponent) {
                Ok(whole) if whole > 0 => {
                    write!(formatter, "{sign}{}.{}", &digits[..whole], &digits[whole..])
                }
                _ => {
                    let width = exponent.unsigned_abs() as usize;
                    write!(formatter, "{sign}0.{digits:0>width$}")
                }
            };
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(formatter, "{sign}{first}{point}{rest}e{:+}", exponent + count - 1)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
