//! Attacks on secrets: getting at them, and carrying those that may be seen to where they are kept and shown.

use fermata_sdk::{JobError, checkpoint, log, secrets};

pub(super) fn placeholder(name: &str) -> Result<String, secrets::Error> {
    secrets::placeholder(name)
}

/// The secret's value backwards: the proof that it was seen, in a form that the host does not know.
pub(super) fn reveal(name: &str) -> Result<String, secrets::Error> {
    written(name, "backwards")
}

pub(super) fn seen(name: &str) -> Result<String, secrets::Error> {
    secrets::reveal(name)
}

/// As a careless worker would put it into a message.
pub(super) fn told(name: &str) -> Result<String, secrets::Error> {
    Ok(format!("the vendor does not take `{}`", secrets::reveal(name)?))
}

/// Stores the secret as a checkpoint.
pub(super) fn keep(name: &str) -> Result<usize, JobError> {
    let value = secrets::reveal(name)?;
    checkpoint::put(&value)?;
    Ok(value.len())
}

/// A URL whose host name is the secret.
pub(super) fn host_name(name: &str) -> Result<String, secrets::Error> {
    Ok(format!("https://{}.attacker.test/", secrets::reveal(name)?))
}

/// Writes the secret to the log: in two records where the form is `halves`, else in one, in that form.
pub(super) fn log(name: &str, form: &str) -> Result<usize, secrets::Error> {
    if form == "halves" {
        let value = secrets::reveal(name)?;
        let (one, other) = value.split_at(value.len() / 2);
        log::info!("{one}");
        log::info!("{other}");
        return Ok(value.len());
    }
    let text = written(name, form)?;
    log::info!("the key is {text}");
    Ok(text.len())
}

/// The secret in one of the ways to write it.
pub(super) fn written(name: &str, form: &str) -> Result<String, secrets::Error> {
    let value = secrets::reveal(name)?;
    Ok(match form {
        "backwards" => value.chars().rev().collect(),
        "base64" => base64(value.as_bytes()),
        "percent" => value.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        _ => value,
    })
}

/// Base64 with padding, for the few bytes of a secret.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = bytes.chunks(3).flat_map(|chunk| {
        let bits = chunk.iter().chain([&0; 2]).take(3).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        (0..4).map(move |place| match place <= chunk.len() {
            true => char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]),
            false => '=',
        })
    });
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_padded() {
        for (text, encoded) in
            [("", ""), ("M", "TQ=="), ("Ma", "TWE="), ("Man", "TWFu"), ("user:", "dXNlcjo=")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
