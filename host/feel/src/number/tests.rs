use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Number {
    Number::parse(text).unwrap()
}

#[test]
fn reads_and_writes_without_noise() {
    for (text, written) in [
        ("1", "1"),
        ("1.0", "1"),
        ("-0.0", "0"),
        ("0.10", "0.1"),
        (".5", "0.5"),
        ("100", "100"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("-12.340", "-12.34"),
        ("1e100", "1e+100"),
        ("-1.25e-50", "-1.25e-50"),
        ("0e99999", "0"),
        ("12345678901234567890123456789012345678901234567890", "1.234567890123456789012345678901235e+49"),
        ("0.33333333333333333333333333333333333333333333", "0.3333333333333333333333333333333333"),
        ("1e-7000", "0"),
    ] {
        assert_eq!(number(text).to_string(), written, "{text}");
    }
    for text in ["", "-", "a", "1e", "--1", "1.2.3", "inf", "NaN", "1e7000", "1e99999999999", "+1", "0x10"] {
        assert_eq!(Number::parse(text), None, "{text}");
    }
}

#[test]
fn computes_in_decimal_and_never_beyond_34_digits() {
    assert_eq!(number("0.1").checked_add(number("0.2")).unwrap().to_string(), "0.3");
    let third = number("1").checked_div(number("3")).unwrap();
    assert_eq!(third.to_string(), "0.3333333333333333333333333333333333");
    assert_eq!(third.checked_mul(number("3")).unwrap().to_string(), "0.9999999999999999999999999999999999");
    assert_eq!(number("1").checked_div(number("0")), None);
    assert_eq!(number("10").power(number("100000")), None);
    assert_eq!(number("10").power(number("1e30")), None);
    assert_eq!(number("0").power(number("0")).unwrap(), Number::ONE);
    assert_eq!(number("2").power(number("-2")).unwrap().to_string(), "0.25");
    assert_eq!(number("2").power(number("0.5")).unwrap().to_string(), "1.4142135623730951");
    assert_eq!(number("16").square_root().unwrap().to_string(), "4");
    assert_eq!(number("2").square_root().unwrap().to_string(), "1.414213562373095048801688724209698");
    assert_eq!(number("13").square_root().unwrap().to_string(), "3.605551275463989293119221267470496");
    assert_eq!(number("1e-7").square_root().unwrap().to_string(), "0.0003162277660168379331998893544432719");
    assert_eq!(number("4e6000").square_root().unwrap().to_string(), "2e+3000");
    assert_eq!(number("-1").square_root(), None);
    assert_eq!(number("1.5").to_i64(), None);
    assert_eq!(number("1e3").to_i64(), Some(1000));
    assert_eq!(number("1e30").to_i64(), None);
}

#[test]
fn remainder_has_the_sign_of_the_divisor() {
    for (dividend, divisor, remainder) in [
        ("12", "5", "2"),
        ("-12", "5", "3"),
        ("12", "-5", "-3"),
        ("-12", "-5", "-2"),
        ("10.1", "4.5", "1.1"),
        ("-10.1", "4.5", "3.4"),
    ] {
        assert_eq!(
            number(dividend).modulo(number(divisor)).unwrap().to_string(),
            remainder,
            "{dividend} mod {divisor}"
        );
    }
}

#[test]
fn rounds_in_every_direction() {
    use Rounding::*;
    for (text, scale, rounding, rounded) in [
        ("2.5", 0, HalfEven, "2"),
        ("2.5", 0, HalfUp, "3"),
        ("-2.5", 0, HalfUp, "-3"),
        ("2.5", 0, HalfDown, "2"),
        ("1.121", 2, Up, "1.13"),
        ("-1.126", 2, Down, "-1.12"),
        ("-1.5", 0, Floor, "-2"),
        ("-1.5", 0, Ceiling, "-1"),
        ("1250", -2, HalfEven, "1200"),
        ("1", 5, HalfEven, "1"),
        ("1", 99999, HalfEven, "1"),
    ] {
        assert_eq!(number(text).round(scale, rounding).unwrap().to_string(), rounded, "{text} {scale}");
    }
}

#[test]
fn powers_stay_exact_or_leave_the_range() {
    for (base, exponent, power) in [
        ("2", "100", Some("1267650600228229401496703205376")),
        ("-3", "3", Some("-27")),
        ("1.1", "20", Some("6.72749994932560009201")),
        ("1.001", "1000", Some("2.716923932235892457383088121947577")),
        ("10", "6144", Some("1e+6144")),
        ("10", "6145", None),
        ("0.1", "7000", Some("0")),
        ("0.1", "-7000", None),
        ("10", "-7000", Some("0")),
        ("-1", "1e30", Some("1")),
        ("1", "1e30", Some("1")),
        ("0.5", "1e30", Some("0")),
        ("0", "-1", None),
        ("0", "2", Some("0")),
        ("-8", "0.5", None),
        ("9223372036854775807", "9223372036854775807", None),
    ] {
        let computed = number(base).power(number(exponent)).map(|power| power.to_string());
        assert_eq!(computed.as_deref(), power, "{base} ** {exponent}");
    }
}

#[test]
fn orders_across_exponents() {
    let ascending = [
        "-1e6000",
        "-1e34",
        "-9999999999999999999999999999999999",
        "-1.5",
        "-1e-6000",
        "0",
        "1e-6176",
        "0.1",
        "0.10000000000000000000000000000001",
        "1",
        "1.5",
        "15e-1",
        "10",
        "1e33",
        "1.000000000000000000000000000000001e33",
        "1e6144",
    ];
    for (at, left) in ascending.iter().enumerate() {
        for (other, right) in ascending.iter().enumerate() {
            let expected = if number(left) == number(right) { Ordering::Equal } else { at.cmp(&other) };
            assert_eq!(number(left).cmp(&number(right)), expected, "{left} {right}");
        }
    }
    assert_eq!(number("1.5"), number("15e-1"));
    assert_eq!(number("1e2"), number("100.000"));
}

/// Schoolbook decimal arithmetic of any length, to compare with.
#[derive(Clone, Debug)]
struct Exact {
    negative: bool,
    /// The last digit first.
    digits: Vec<u8>,
    exponent: i32,
}

impl Exact {
    fn of(number: Number) -> Exact {
        let digits = number.coefficient().to_string().bytes().rev().map(|digit| digit - b'0').collect();
        Exact { negative: number.negative, digits, exponent: i32::from(number.exponent) }
    }

    fn digit(&self, place: i32) -> u8 {
        usize::try_from(place - self.exponent).ok().and_then(|at| self.digits.get(at)).copied().unwrap_or(0)
    }

    fn top(&self) -> i32 {
        self.exponent + self.digits.len() as i32
    }

    fn cmp_magnitude(&self, other: &Exact) -> Ordering {
        let places = self.exponent.min(other.exponent)..self.top().max(other.top());
        let different = places.rev().find(|place| self.digit(*place) != other.digit(*place));
        different.map_or(Ordering::Equal, |place| self.digit(place).cmp(&other.digit(place)))
    }

    fn add(&self, other: &Exact) -> Exact {
        let exponent = self.exponent.min(other.exponent);
        let places = exponent..self.top().max(other.top()) + 1;
        if self.negative == other.negative {
            let mut carry = 0;
            let sum = places.map(|place| {
                let sum = self.digit(place) + other.digit(place) + carry;
                carry = sum / 10;
                sum % 10
            });
            return Exact { negative: self.negative, digits: sum.collect(), exponent };
        }
        let (larger, smaller) = match self.cmp_magnitude(other) {
            Ordering::Less => (other, self),
            _ => (self, other),
        };
        let mut borrow = 0;
        let difference = places.map(|place| {
            let difference = 10 + larger.digit(place) - smaller.digit(place) - borrow;
            borrow = u8::from(difference < 10);
            difference % 10
        });
        Exact { negative: larger.negative, digits: difference.collect(), exponent }
    }

    fn multiply(&self, other: &Exact) -> Exact {
        let mut digits = vec![0u32; self.digits.len() + other.digits.len()];
        for (at, left) in self.digits.iter().enumerate() {
            for (offset, right) in other.digits.iter().enumerate() {
                digits[at + offset] += u32::from(*left) * u32::from(*right);
            }
        }
        let mut carry = 0;
        let digits = digits.into_iter().map(|sum| {
            let sum = sum + carry;
            carry = sum / 10;
            (sum % 10) as u8
        });
        let (negative, exponent) = (self.negative != other.negative, self.exponent + other.exponent);
        Exact { negative, digits: digits.collect(), exponent }
    }

    /// The text of the closest number.
    fn rounded(mut self) -> String {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        let excess = self.digits.len().saturating_sub(Number::DIGITS_MAX as usize);
        let kept = self.digits.split_off(excess);
        let mut dropped = self.digits.iter().rev();
        let first = dropped.next().copied().unwrap_or(0);
        let half = if dropped.any(|digit| *digit != 0) { 1 } else { 0 };
        let odd = kept.first().copied().unwrap_or(0) % 2;
        let up = first * 2 + half + odd > 10;
        let exponent = self.exponent + excess as i32;
        let kept = Exact { negative: false, digits: kept, exponent };
        let ulp = Exact { negative: false, digits: vec![u8::from(up)], exponent };
        let sum = kept.add(&ulp);
        let text: String = sum.digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect();
        let sign = if self.negative { "-" } else { "" };
        number(&format!("{sign}{text}e{exponent}")).to_string()
    }
}

/// Numbers of all lengths, often with runs of nines and zeros, near each other and far apart.
fn any_number() -> impl Strategy<Value = Number> {
    let digits =
        prop_oneof!["[0-9]{1,34}", "9{1,34}", "[1-9]0{0,33}", "[0-9]{1,20}(0{1,13}|9{1,13}|50{1,12})"];
    (any::<bool>(), digits, -40i32..40).prop_map(|(negative, digits, exponent)| {
        number(&format!("{}{digits}e{exponent}", if negative { "-" } else { "" }))
    })
}

proptest! {
    #[test]
    fn sums_and_products_are_the_exact_ones_rounded(left in any_number(), right in any_number()) {
        let (exact_left, exact_right) = (Exact::of(left), Exact::of(right));
        prop_assert_eq!(left.checked_add(right).unwrap().to_string(), exact_left.add(&exact_right).rounded());
        prop_assert_eq!(left.checked_mul(right).unwrap().to_string(), exact_left.multiply(&exact_right).rounded());
    }

    #[test]
    fn quotients_are_the_closest(left in any_number(), right in any_number()) {
        prop_assume!(!right.is_zero());
        let quotient = left.checked_div(right).unwrap();
        // left - quotient * right, twice, is at most right in the last place of a quotient of full length.
        let error = Exact::of(left).add(&Exact::of(-quotient).multiply(&Exact::of(right)));
        let twice = error.add(&error);
        let digits = digits_of(quotient.coefficient()) as i32;
        let place = i32::from(quotient.exponent) - (Number::DIGITS_MAX as i32 - digits);
        let mut last = Exact::of(right);
        last.exponent += place;
        prop_assert_ne!(twice.cmp_magnitude(&last), Ordering::Greater);
        if digits < Number::DIGITS_MAX as i32 {
            prop_assert!(error.digits.iter().all(|digit| *digit == 0));
        }
    }

    #[test]
    fn remainders_are_exact(left in any_number(), right in any_number()) {
        prop_assume!(!right.is_zero());
        let remainder = Number::from(0).checked_add(left.abs().modulo(right.abs()).unwrap()).unwrap();
        prop_assert!(!remainder.is_negative() && remainder < right.abs());
        // Where the quotient fits, the parts make up the whole; rounding may have lifted it to the next integer.
        let floor = left.abs().checked_div(right.abs()).unwrap().floor().unwrap();
        if digits_of(floor.coefficient()) < 20 && floor.exponent >= 0 {
            let quotients = [Some(floor), floor.checked_sub(Number::ONE)];
            let fits = quotients.into_iter().flatten().any(|quotient| {
                let whole = Exact::of(quotient).multiply(&Exact::of(right.abs())).add(&Exact::of(remainder));
                whole.cmp_magnitude(&Exact::of(left.abs())) == Ordering::Equal
            });
            prop_assert!(fits);
        }
    }

    #[test]
    fn text_reads_back(value in any_number()) {
        prop_assert_eq!(number(&value.to_string()), value);
        prop_assert_eq!(value.cmp(&number(&value.to_string())), Ordering::Equal);
    }

    #[test]
    fn order_is_that_of_the_difference(left in any_number(), right in any_number()) {
        let difference = left.checked_sub(right).unwrap();
        prop_assert_eq!(left.cmp(&right), difference.cmp(&Number::ZERO));
    }
}
