//! Random numbers from the evaluation's seed.

use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::number::Number;
use crate::value::Value;

pub(super) const NUMBERS: &[Builtin] = &[Builtin::new("random number", &[&[]], random_number)];

pub(super) const STRINGS: &[Builtin] = &[Builtin::new("uuid", &[&[]], uuid)];

/// At least 0 and less than 1.
fn random_number<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    // As many bits as a binary floating point number holds exactly.
    const FRACTIONS: u64 = 1 << 53;
    let fraction = Number::from(next(call) % FRACTIONS).checked_div(Number::from(FRACTIONS));
    call.number_or_null(fraction)
}

/// A random UUID, version 4 of RFC 9562.
fn uuid<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let high = next(call) & !0xF000 | 0x4000;
    let low = next(call) & !(0b11 << 62) | (0b10 << 62);
    let (time, clock) = (high >> 32, low >> 48);
    let text = format!(
        "{time:08x}-{:04x}-{:04x}-{clock:04x}-{:012x}",
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low & 0xFFFF_FFFF_FFFF
    );
    call.evaluator.string(text)
}

/// The next number of the SplitMix64 sequence: well spread from any seed, and no secret.
fn next(call: &mut Call<'_, '_>) -> u64 {
    let state = &mut call.evaluator.random;
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
