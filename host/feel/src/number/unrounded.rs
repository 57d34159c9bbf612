//! Results on their way to being numbers: up to 38 digits, and a note whether anything was cut off behind them.
//!
//! Four digits more than a number keeps are enough to round every sum, product and quotient correctly.

use super::{Number, Rounding};

/// Digits that a coefficient may have: any number of so many digits, and the sum of two, fits 128 bits.
pub(super) const DIGITS_MAX: u32 = 38;

/// Digits that a divisor may have, so that every step of a division gains some.
pub(super) const DIVISOR_DIGITS_MAX: u32 = 36;

/// A decimal whose digits may go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unrounded {
    pub(super) negative: bool,
    pub(super) coefficient: u128,
    pub(super) exponent: i32,
    /// Whether digits other than zero were cut off behind the coefficient.
    pub(super) inexact: bool,
}

const POWERS_OF_TEN: [u128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Ten to the power of `exponent`, if it fits.
pub(super) fn power_of_ten(exponent: u32) -> Option<u128> {
    POWERS_OF_TEN.get(exponent as usize).copied()
}

/// How many digits a number has; none for zero.
pub(super) fn digits_of(number: u128) -> u32 {
    // log10(2) is a little more than 1233 / 4096, so that the estimate is right or one too small.
    let estimate = ((u128::BITS - number.leading_zeros()) * 1233) >> 12;
    estimate + u32::from(power_of_ten(estimate).is_some_and(|power| number >= power))
}

/// `number * 10^digits` for a result of at most [`DIGITS_MAX`] digits.
fn shifted(number: u128, digits: u32) -> u128 {
    number * power_of_ten(digits).unwrap_or(1)
}

impl Unrounded {
    /// The closest number, ties to the even neighbour; `None` when it is too large for one.
    pub(super) fn round(self) -> Option<Number> {
        let digits = digits_of(self.coefficient);
        let too_many = digits.saturating_sub(Number::DIGITS_MAX);
        let too_small = u32::try_from(Number::EXPONENT_MIN - self.exponent).unwrap_or(0);
        let unwanted = too_many.max(too_small);
        let rounded = if unwanted > 0 { self.without_digits(unwanted, Rounding::HalfEven) } else { self };
        if rounded.coefficient == 0 {
            return Some(Number::ZERO);
        }
        // Rounding 99…9 up gives one digit more, a zero.
        if digits_of(rounded.coefficient) > Number::DIGITS_MAX {
            return rounded.round();
        }
        if rounded.exponent + digits_of(rounded.coefficient) as i32 - 1 > Number::EXPONENT_MAX {
            return None;
        }
        let exponent = i16::try_from(rounded.exponent).ok()?;
        let (high, low) = ((rounded.coefficient >> 64) as u64, rounded.coefficient as u64);
        Some(Number { high, low, exponent, negative: rounded.negative })
    }

    /// Rounds away the last `count` digits.
    pub(super) fn without_digits(self, count: u32, rounding: Rounding) -> Unrounded {
        let (mut kept, dropped, half) = match power_of_ten(count) {
            Some(power) => (self.coefficient / power, self.coefficient % power, power / 2),
            // More digits than there are: what is dropped is less than half of the last one that is kept.
            None => (0, self.coefficient, u128::MAX),
        };
        let beyond_half = dropped > half || (dropped == half && self.inexact);
        let exactly_half = dropped == half && !self.inexact;
        let anything = dropped != 0 || self.inexact;
        let away = match rounding {
            Rounding::HalfEven => beyond_half || (exactly_half && !kept.is_multiple_of(2)),
            Rounding::HalfUp => beyond_half || exactly_half,
            Rounding::HalfDown => beyond_half,
            Rounding::Up => anything,
            Rounding::Down => false,
            Rounding::Floor => anything && self.negative,
            Rounding::Ceiling => anything && !self.negative,
        };
        kept += u128::from(away);
        let exponent = self.exponent.saturating_add_unsigned(count);
        Unrounded { negative: self.negative && kept != 0, coefficient: kept, exponent, inexact: false }
    }

    /// The sum of two numbers that are exact.
    pub(super) fn add(self, other: Unrounded) -> Unrounded {
        if self.coefficient == 0 || other.coefficient == 0 {
            return if self.coefficient == 0 { other } else { self };
        }
        let (mut upper, lower) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        let distance = upper.exponent.abs_diff(lower.exponent);
        let raised = distance.min(DIGITS_MAX - digits_of(upper.coefficient));
        upper.coefficient = shifted(upper.coefficient, raised);
        upper.exponent -= raised as i32;
        let lowered = distance - raised;
        // Where digits of the lower number are cut off, the upper one has all the digits that there may be.
        let (aligned, inexact) = match power_of_ten(lowered) {
            Some(power) => (lower.coefficient / power, !lower.coefficient.is_multiple_of(power)),
            None => (0, true),
        };
        let (negative, coefficient) = if upper.negative == lower.negative {
            (upper.negative, upper.coefficient + aligned)
        } else if upper.coefficient >= aligned {
            // What is cut off of the lower number borrows one, and its complement goes on behind the last digit.
            (upper.negative, upper.coefficient - aligned - u128::from(inexact))
        } else {
            (lower.negative, aligned - upper.coefficient)
        };
        let negative = negative && (coefficient != 0 || inexact);
        Unrounded { negative, coefficient, exponent: upper.exponent, inexact }
    }

    /// The product, cut off after [`DIGITS_MAX`] digits.
    pub(super) fn multiply(self, other: Unrounded) -> Unrounded {
        let negative = self.negative != other.negative;
        let exponent = self.exponent + other.exponent;
        let inexact = self.inexact || other.inexact;
        let digits = digits_of(self.coefficient) + digits_of(other.coefficient);
        if digits <= DIGITS_MAX {
            let coefficient = self.coefficient * other.coefficient;
            return Unrounded { negative: negative && coefficient != 0, coefficient, exponent, inexact };
        }
        let excess = digits - DIGITS_MAX;
        let (coefficient, cut_off) = wide_product(self.coefficient, other.coefficient, excess);
        Unrounded { negative, coefficient, exponent: exponent + excess as i32, inexact: inexact || cut_off }
    }

    /// The quotient by a number other than zero, of which [`DIVISOR_DIGITS_MAX`] digits count, cut off after [`DIGITS_MAX`].
    pub(super) fn divide(self, divisor: Unrounded) -> Unrounded {
        let unwanted = digits_of(divisor.coefficient).saturating_sub(DIVISOR_DIGITS_MAX);
        let divisor =
            if unwanted > 0 { divisor.without_digits(unwanted, Rounding::HalfEven) } else { divisor };
        let negative = self.negative != divisor.negative && self.coefficient != 0;
        let mut quotient = self.coefficient / divisor.coefficient;
        let mut remainder = self.coefficient % divisor.coefficient;
        let mut exponent = self.exponent - divisor.exponent;
        let room = DIGITS_MAX - digits_of(divisor.coefficient);
        // Few digits first, since most quotients are short; then as many as there is room for.
        let mut wanted = 4;
        while remainder != 0 && digits_of(quotient) < DIGITS_MAX {
            let step = room.min(wanted).min(DIGITS_MAX - digits_of(quotient));
            let dividend = shifted(remainder, step);
            quotient = shifted(quotient, step) + dividend / divisor.coefficient;
            remainder = dividend % divisor.coefficient;
            exponent -= step as i32;
            wanted = DIGITS_MAX;
        }
        Unrounded { negative, coefficient: quotient, exponent, inexact: remainder != 0 }
    }

    /// How many divisions [`Unrounded::remainder`] takes.
    pub(super) fn remainder_steps(self, divisor: Unrounded) -> u64 {
        let zeros = u32::try_from(self.exponent - divisor.exponent).unwrap_or(0);
        1 + u64::from(zeros / (DIGITS_MAX - digits_of(divisor.coefficient)))
    }

    /// The remainder of the division by a number other than zero, with the sign of the dividend. It is exact.
    pub(super) fn remainder(self, divisor: Unrounded) -> Unrounded {
        let distance = self.exponent.abs_diff(divisor.exponent);
        let (coefficient, exponent) = if self.exponent >= divisor.exponent {
            // The zeros of the dividend join a few at a time: the remainder stays below the divisor.
            let room = DIGITS_MAX - digits_of(divisor.coefficient);
            let mut coefficient = self.coefficient % divisor.coefficient;
            let mut left = distance;
            while left > 0 && coefficient != 0 {
                let step = left.min(room);
                coefficient = shifted(coefficient, step) % divisor.coefficient;
                left -= step;
            }
            (coefficient, divisor.exponent)
        } else if digits_of(divisor.coefficient) + distance <= DIGITS_MAX {
            (self.coefficient % shifted(divisor.coefficient, distance), self.exponent)
        } else {
            (self.coefficient, self.exponent)
        };
        Unrounded { negative: self.negative && coefficient != 0, coefficient, exponent, inexact: false }
    }
}

/// The product of two numbers without its last `excess` digits, and whether these were anything but zeros.
fn wide_product(left: u128, right: u128, excess: u32) -> (u128, bool) {
    // Digits of a divisor that fits one limb.
    const STEP: u32 = 19;
    let mut limbs = wide_limbs(left, right);
    let mut cut_off = false;
    let mut excess = excess;
    while excess > 0 {
        let step = excess.min(STEP);
        let divisor = shifted(1, step);
        let mut remainder = 0u128;
        for limb in limbs.iter_mut().rev() {
            let dividend = remainder << 64 | u128::from(*limb);
            *limb = (dividend / divisor) as u64;
            remainder = dividend % divisor;
        }
        cut_off |= remainder != 0;
        excess -= step;
    }
    (u128::from(limbs[1]) << 64 | u128::from(limbs[0]), cut_off)
}

/// The product of two numbers in limbs of 64 bits, the lowest first.
fn wide_limbs(left: u128, right: u128) -> [u64; 4] {
    let halves = |number: u128| [number as u64, (number >> 64) as u64];
    let mut limbs = [0u64; 4];
    for (at, left) in halves(left).into_iter().enumerate() {
        let mut carry = 0u128;
        for (offset, right) in halves(right).into_iter().enumerate() {
            let sum = u128::from(left) * u128::from(right) + u128::from(limbs[at + offset]) + carry;
            limbs[at + offset] = sum as u64;
            carry = sum >> 64;
        }
        limbs[at + 2] = carry as u64;
    }
    limbs
}
