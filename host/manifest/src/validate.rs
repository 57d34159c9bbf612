//! What a manifest's fields may hold. A manifest is input from strangers: every text and list is bounded.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{Invalid, Manifest};

/// Upper bounds of a manifest's fields.
pub mod limits {
    /// Bytes of the manifest as JSON.
    pub const MANIFEST_BYTES_MAX: usize = 64 * 1024;
    /// Bytes of a component's or a secret's name.
    pub const NAME_BYTES_MAX: usize = 64;
    /// Bytes of a job type.
    pub const JOB_TYPE_BYTES_MAX: usize = 200;
    /// Bytes of a host name, as in DNS.
    pub const HOST_BYTES_MAX: usize = 253;
    /// Bytes of a description, a reason, a default value.
    pub const TEXT_BYTES_MAX: usize = 1024;
    /// Entries of any list.
    pub const LIST_ENTRIES_MAX: usize = 100;
}

impl Manifest {
    /// Checks every field against what it may hold.
    pub fn validate(&self) -> Result<(), Invalid> {
        component_name("name", &self.name)?;
        text("description", &self.description)?;
        if self.job_types.is_empty() {
            return Err(invalid("job-types", "is empty: name at least one job type"));
        }
        list("job-types", &self.job_types, |field, name| job_type(field, name))?;
        unique("job-types", self.job_types.iter())?;
        list("hosts", &self.hosts, |field, host| {
            host_name(&format!("{field}.name"), &host.name)?;
            if host.port == 0 {
                return Err(invalid(&format!("{field}.port"), "is 0"));
            }
            list(&format!("{field}.methods"), &host.methods, |field, name| http_method(field, name))?;
            text(&format!("{field}.reason"), &host.reason)
        })?;
        list("secrets", &self.secrets, |field, secret| {
            secret_name(&format!("{field}.name"), &secret.name)?;
            list(&format!("{field}.hosts"), &secret.hosts, |field, name| {
                if self.hosts.iter().any(|host| host.name == *name) {
                    return Ok(());
                }
                Err(invalid(field, &format!("is `{name}`, which is not among `hosts`")))
            })?;
            list(&format!("{field}.headers"), &secret.headers, |field, name| header_name(field, name))?;
            text(&format!("{field}.reason"), &secret.reason)
        })?;
        unique("secrets", self.secrets.iter().map(|secret| &secret.name))?;
        if self.config.len() > limits::LIST_ENTRIES_MAX {
            return Err(too_many("config"));
        }
        for (key, entry) in &self.config {
            component_name("config", key)?;
            text(&format!("config.{key}.default"), entry.default.as_deref().unwrap_or_default())?;
            text(&format!("config.{key}.description"), &entry.description)?;
        }
        list("input", &self.input, |field, input| {
            not_empty(&format!("{field}.name"), &input.name)?;
            not_empty(&format!("{field}.type"), &input.json_type)?;
            text(&format!("{field}.description"), &input.description)
        })
    }
}

fn component_name(field: &str, name: &str) -> Result<(), Invalid> {
    let well_formed = name.split('-').all(|part| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    if !well_formed {
        return Err(invalid(
            field,
            &format!("is `{}`: only lower-case letters, digits and single hyphens form a name", shown(name)),
        ));
    }
    at_most(field, name, limits::NAME_BYTES_MAX)
}

fn job_type(field: &str, job_type: &str) -> Result<(), Invalid> {
    not_empty(field, job_type)?;
    if matches!(job_type, "." | "..") {
        return Err(invalid(
            field,
            &format!("is `{job_type}`: no URL can name such a job type, choose another"),
        ));
    }
    at_most(field, job_type, limits::JOB_TYPE_BYTES_MAX)
}

fn host_name(field: &str, name: &str) -> Result<(), Invalid> {
    if !is_host(name) {
        return Err(invalid(
            field,
            &format!(
                "is `{}`: give a lower-case host name or an IP address, without scheme, port or path{}",
                shown(name),
                port_advice(name)
            ),
        ));
    }
    at_most(field, name, limits::HOST_BYTES_MAX)
}

/// What every operator can grant: a name, or an address, of IPv6 without brackets.
fn is_host(name: &str) -> bool {
    if name.contains(':') {
        return name.parse::<Ipv6Addr>().is_ok();
    }
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let is_name = name.split('.').all(|part| !part.is_empty() && part.bytes().all(is_allowed));
    // Resolvers read `127.1` and `0x7f.1` as addresses; only the canonical notation is one here.
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    is_name && (!is_number || name.parse::<Ipv4Addr>().is_ok())
}

/// What to do with the port in `name`, if there is one.
fn port_advice(name: &str) -> String {
    match name.rsplit_once(':') {
        Some((host, port)) if is_host(host.trim_matches(['[', ']'])) && port.parse::<u16>().is_ok() => {
            format!(" (a port has a field of its own: `port = {port}`)")
        }
        _ => String::new(),
    }
}

fn http_method(field: &str, method: &str) -> Result<(), Invalid> {
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(invalid(field, &format!("is `{}`: write a method as in `POST`", shown(method))));
    }
    at_most(field, method, limits::NAME_BYTES_MAX)
}

fn secret_name(field: &str, name: &str) -> Result<(), Invalid> {
    let well_formed = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !well_formed {
        return Err(invalid(
            field,
            &format!("is `{}`: letters, digits and underscores form a secret's name", shown(name)),
        ));
    }
    at_most(field, name, limits::NAME_BYTES_MAX)
}

fn header_name(field: &str, name: &str) -> Result<(), Invalid> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(invalid(field, &format!("is `{}`: write a header as in `x-api-key`", shown(name))));
    }
    at_most(field, name, limits::NAME_BYTES_MAX)
}

fn text(field: &str, text: &str) -> Result<(), Invalid> {
    if text.contains(|letter: char| letter.is_control()) {
        return Err(invalid(field, "contains a line break or another control character"));
    }
    at_most(field, text, limits::TEXT_BYTES_MAX)
}

fn not_empty(field: &str, value: &str) -> Result<(), Invalid> {
    if value.trim().is_empty() {
        return Err(invalid(field, "is empty"));
    }
    text(field, value)
}

fn at_most(field: &str, text: &str, bytes_max: usize) -> Result<(), Invalid> {
    if text.len() > bytes_max {
        return Err(invalid(field, &format!("has {} bytes; at most {bytes_max} are allowed", text.len())));
    }
    Ok(())
}

fn list<T>(
    field: &str,
    entries: &[T],
    check: impl Fn(&str, &T) -> Result<(), Invalid>,
) -> Result<(), Invalid> {
    if entries.len() > limits::LIST_ENTRIES_MAX {
        return Err(too_many(field));
    }
    entries.iter().enumerate().try_for_each(|(index, entry)| check(&format!("{field}[{index}]"), entry))
}

fn unique<'a>(field: &str, names: impl Iterator<Item = &'a String>) -> Result<(), Invalid> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(invalid(field, &format!("names `{name}` twice")));
        }
    }
    Ok(())
}

fn too_many(field: &str) -> Invalid {
    invalid(field, &format!("has more than {} entries", limits::LIST_ENTRIES_MAX))
}

fn invalid(field: &str, problem: &str) -> Invalid {
    Invalid { field: field.to_owned(), problem: problem.to_owned(), place: None }
}

/// The beginning of a value, safe to print.
fn shown(value: &str) -> String {
    value.chars().take(limits::NAME_BYTES_MAX).flat_map(char::escape_debug).collect()
}
