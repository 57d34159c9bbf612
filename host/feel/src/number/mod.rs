//! FEEL numbers: decimals of 34 significant digits, as the standard asks for (IEEE 754 decimal128).
//!
//! Arithmetic is exact as long as the result has at most [`Number::DIGITS_MAX`] digits; otherwise it is the exact result
//! rounded half to even. Roots may be off in the last digit, powers with exponents of thousands in the last few.
//! A result that is no finite number (a division by zero, an overflow) is `None`: FEEL has neither infinity nor NaN.

mod functions;
mod text;
mod unrounded;

use std::cmp::Ordering;

use unrounded::{Unrounded, digits_of, power_of_ten};

/// A decimal number.
#[derive(Clone, Copy)]
pub struct Number {
    /// The digits as one number, in halves so that a number is aligned to 8 bytes.
    high: u64,
    low: u64,
    /// The power of ten by which the digits are multiplied.
    exponent: i16,
    /// Zero is never negative.
    negative: bool,
}

/// How [`Number::round`] treats the digits that it drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, ties to the even neighbour.
    HalfEven,
    /// To the nearest, ties away from zero.
    HalfUp,
    /// To the nearest, ties towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards negative infinity.
    Floor,
    /// Towards positive infinity.
    Ceiling,
}

impl Number {
    /// Significant digits that a number keeps.
    pub const DIGITS_MAX: u32 = 34;
    /// The greatest power of ten that a number reaches, as in decimal128.
    pub const EXPONENT_MAX: i32 = 6144;
    /// The smallest power of ten that a digit of a number stands for; what is smaller is zero.
    pub const EXPONENT_MIN: i32 = -6176;

    /// Zero.
    pub const ZERO: Number = Number { high: 0, low: 0, exponent: 0, negative: false };
    /// One.
    pub const ONE: Number = Number { high: 0, low: 1, exponent: 0, negative: false };

    /// The number as an integer, if it is one and fits.
    pub fn to_i64(self) -> Option<i64> {
        let (coefficient, exponent) = self.stripped();
        let scale = power_of_ten(u32::try_from(exponent).ok()?)?;
        let magnitude = i128::try_from(coefficient.checked_mul(scale)?).ok()?;
        i64::try_from(if self.negative { -magnitude } else { magnitude }).ok()
    }

    /// The integral part as an integer, if it fits.
    pub fn truncate_to_i64(self) -> Option<i64> {
        self.round(0, Rounding::Down)?.to_i64()
    }

    /// Whether nothing but zeros follows the decimal point.
    pub fn is_integer(self) -> bool {
        self.exponent >= 0 || self.stripped().1 >= 0
    }

    /// Whether the number is zero.
    pub fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    /// Whether the number is smaller than zero.
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(self) -> Number {
        Number { negative: false, ..self }
    }

    /// The sum.
    pub fn checked_add(self, other: Number) -> Option<Number> {
        self.unrounded().add(other.unrounded()).round()
    }

    /// The difference.
    pub fn checked_sub(self, other: Number) -> Option<Number> {
        self.checked_add(-other)
    }

    /// The product.
    pub fn checked_mul(self, other: Number) -> Option<Number> {
        self.unrounded().multiply(other.unrounded()).round()
    }

    /// The quotient; `None` for a division by zero.
    pub fn checked_div(self, other: Number) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        self.unrounded().divide(other.unrounded()).round()
    }

    /// Rounds to `scale` digits after the decimal point; a negative scale rounds before it.
    pub fn round(self, scale: i32, rounding: Rounding) -> Option<Number> {
        let unwanted = (-i32::from(self.exponent)).saturating_sub(scale);
        match u32::try_from(unwanted) {
            Err(_) | Ok(0) => Some(self),
            Ok(unwanted) => self.unrounded().without_digits(unwanted, rounding).round(),
        }
    }

    fn coefficient(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    fn unrounded(self) -> Unrounded {
        let (negative, exponent) = (self.negative, i32::from(self.exponent));
        Unrounded { negative, coefficient: self.coefficient(), exponent, inexact: false }
    }

    /// Digits and exponent without zeros at the end.
    fn stripped(self) -> (u128, i32) {
        let (mut coefficient, mut exponent) = (self.coefficient(), i32::from(self.exponent));
        if coefficient == 0 {
            return (0, 0);
        }
        // Most numbers end in another digit.
        for zeros in [32, 16, 8, 4, 2, 1] {
            while coefficient.is_multiple_of(10)
                && let Some(power) = power_of_ten(zeros)
                && coefficient.is_multiple_of(power)
            {
                coefficient /= power;
                exponent += zeros as i32;
            }
        }
        (coefficient, exponent)
    }
}

impl std::ops::Neg for Number {
    type Output = Number;

    fn neg(self) -> Number {
        Number { negative: !self.negative && !self.is_zero(), ..self }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number { high: 0, low: value.unsigned_abs(), exponent: 0, negative: value < 0 }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Number {
        Number { high: 0, low: value, exponent: 0, negative: false }
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Number {
        Number::from(value as u64)
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Number {
        Number::from(i64::from(value))
    }
}

impl From<i16> for Number {
    fn from(value: i16) -> Number {
        Number::from(i64::from(value))
    }
}

impl From<i8> for Number {
    fn from(value: i8) -> Number {
        Number::from(i64::from(value))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
        }
    }
}

impl Number {
    fn cmp_magnitude(&self, other: &Number) -> Ordering {
        let (left, right) = (self.coefficient(), other.coefficient());
        if self.exponent == other.exponent || left == 0 || right == 0 {
            return left.cmp(&right);
        }
        let magnitude =
            |number: &Number, coefficient| digits_of(coefficient) as i32 + i32::from(number.exponent);
        let order = magnitude(self, left).cmp(&magnitude(other, right));
        if order != Ordering::Equal {
            return order;
        }
        // Digits that begin at the same place and are aligned at their end: neither grows beyond 34 digits.
        let shift = i32::from(self.exponent) - i32::from(other.exponent);
        let scale = power_of_ten(shift.unsigned_abs()).unwrap_or(u128::MAX);
        if shift > 0 {
            left.saturating_mul(scale).cmp(&right)
        } else {
            left.cmp(&right.saturating_mul(scale))
        }
    }
}

#[cfg(test)]
mod tests;
