//! Randomness fit for secrets.

use crate::host;

/// So many random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let random = host::random_bytes(N);
    let mut bytes = [0; N];
    bytes.copy_from_slice(&random);
    bytes
}

/// A random number.
pub fn u64() -> u64 {
    u64::from_le_bytes(bytes())
}
