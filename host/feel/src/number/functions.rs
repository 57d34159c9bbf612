//! Remainders, powers and roots, and binary floating point numbers.

use super::unrounded::{Unrounded, digits_of};
use super::{Number, Rounding};

impl Number {
    /// The remainder of the division that rounds down: it has the sign of the divisor.
    pub fn modulo(self, divisor: Number) -> Option<Number> {
        if divisor.is_zero() {
            return None;
        }
        let remainder = self.unrounded().remainder(divisor.unrounded()).round()?;
        if !remainder.is_zero() && remainder.negative != divisor.negative {
            return remainder.checked_add(divisor);
        }
        Some(remainder)
    }

    /// How many divisions [`Number::modulo`] takes.
    pub(crate) fn modulo_steps(self, divisor: Number) -> u64 {
        self.unrounded().remainder_steps(divisor.unrounded())
    }

    /// The power. Whole exponents are computed in decimal, others in binary floating point, as Camunda does.
    pub fn power(self, exponent: Number) -> Option<Number> {
        if !exponent.is_integer() {
            return Number::from_f64(self.to_f64().powf(exponent.to_f64()));
        }
        if exponent.is_zero() || self == Number::ONE {
            return Some(Number::ONE);
        }
        if self.is_zero() {
            return (!exponent.is_negative()).then_some(Number::ZERO);
        }
        match exponent.abs().to_i64() {
            Some(times) => self.whole_power(times.unsigned_abs(), exponent.is_negative()),
            None if self == -Number::ONE => {
                let is_odd = exponent.modulo(Number::from(2))? == Number::ONE;
                Some(if is_odd { self } else { Number::ONE })
            }
            // Whatever is not one grows or shrinks beyond all bounds.
            None => ((self.abs() > Number::ONE) == exponent.is_negative()).then_some(Number::ZERO),
        }
    }

    /// The power of a number other than zero, or its reciprocal, by squaring.
    fn whole_power(self, times: u64, inverse: bool) -> Option<Number> {
        let one = Number::ONE.unrounded();
        let mut square = self.unrounded();
        let mut product = one;
        let mut times = times;
        loop {
            if times % 2 == 1 {
                product = product.multiply(square);
            }
            times /= 2;
            if times == 0 {
                break;
            }
            square = square.multiply(square);
            // The square is still to be a factor, so that its range is that of the result.
            match square.magnitude() {
                Magnitude::Ordinary => {}
                magnitude if (magnitude == Magnitude::Huge) == inverse => return Some(Number::ZERO),
                _ => return None,
            }
        }
        if inverse { one.divide(product).round() } else { product.round() }
    }

    /// The square root; `None` of a negative number.
    pub fn square_root(self) -> Option<Number> {
        if self.is_zero() || self.is_negative() {
            return self.is_zero().then_some(self);
        }
        // An even exponent is halved; the digits alone are within the range of binary numbers.
        let odd = i32::from(self.exponent) & 1;
        let digits = Number { exponent: odd as i16, ..self };
        let digits = digits.unrounded();
        let mut root = Number::from_f64(digits.round()?.to_f64().sqrt())?.unrounded();
        // Each turn doubles the correct digits, of which there are 15 at first.
        for _ in 0..3 {
            let sum = root.add(digits.divide(root));
            root = Unrounded { coefficient: sum.coefficient / 2, ..sum };
        }
        let exponent = root.exponent + (i32::from(self.exponent) - odd) / 2;
        Unrounded { exponent, ..root }.round()
    }

    /// The closest decimal of a binary floating point number; `None` when it is not finite.
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        // The shortest text that reads back as the same binary number: 0.1 becomes 0.1.
        Number::parse(&format!("{value:e}"))
    }

    /// The closest binary floating point number.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The greatest integer that is not greater.
    pub fn floor(self) -> Option<Number> {
        self.round(0, Rounding::Floor)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Magnitude {
    Ordinary,
    Huge,
    Tiny,
}

impl Unrounded {
    /// Whether a number is so large or small that further multiplications by such numbers cannot bring it back.
    fn magnitude(self) -> Magnitude {
        let leading = self.exponent + digits_of(self.coefficient) as i32 - 1;
        if leading > Number::EXPONENT_MAX {
            Magnitude::Huge
        } else if leading < Number::EXPONENT_MIN - 1 {
            Magnitude::Tiny
        } else {
            Magnitude::Ordinary
        }
    }
}
