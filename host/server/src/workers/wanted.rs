//! What a component wants and has not been granted.

use manifest::{Manifest, WantedHost, WantedSecret};
use sandbox::{Grants, HostGrant, Limits, SecretGrant};
use types::SharedStr;

use super::grant::Grant;

/// The port that a grant without one means.
const HTTPS_PORT: u16 = 443;

/// The wishes of a manifest that are not granted, each as an option of `fermata worker grant`, on a host with these limits.
pub(crate) fn missing(manifest: &Manifest, granted: &Grant, host: &Limits) -> Vec<String> {
    let wanted = wishes(manifest);
    let Grants { hosts, secrets, reveal } = &granted.grants;
    let limits = granted.limits(host).unwrap_or_else(|_| host.clone());
    let hosts = wanted.grants.hosts.iter().filter(|wanted| !covers(hosts, wanted));
    let secrets = wanted.grants.secrets.iter().filter(|wanted| !covers_secret(secrets, wanted));
    let reveal = wanted.grants.reveal.iter().filter(|name| !reveal.contains(name));
    let settings = unset(manifest).filter(|key| !granted.settings.contains_key(*key));
    let limits = manifest.limits.iter().filter(|(limit, wanted)| limits.get(*limit) < *wanted);
    hosts
        .map(|host| format!("--host {}", quoted(&host.to_string())))
        .chain(secrets.map(|secret| format!("--secret {secret}")))
        .chain(reveal.map(|name| format!("--reveal {name}")))
        .chain(settings.map(|key| format!("--setting {key}=VALUE")))
        .chain(limits.map(|(limit, wanted)| format!("--limit {limit}={wanted}")))
        .chain(wanted.impossible)
        .collect()
}

/// The settings that have no value until an operator sets one.
pub(crate) fn unset(manifest: &Manifest) -> impl Iterator<Item = &String> {
    manifest.config.iter().filter(|(_, setting)| setting.default.is_none()).map(|(key, _)| key)
}

/// The secrets that a manifest asks for, are granted, and have no value.
pub(crate) fn without_value(
    manifest: &Manifest,
    granted: &Grants,
    has_value: impl Fn(&str) -> bool,
) -> Vec<SharedStr> {
    let is_granted = |name: &str| {
        granted.secrets.iter().any(|grant| grant.secret().as_str() == name)
            || granted.reveal.iter().any(|granted| granted.as_str() == name)
    };
    let names = manifest.secrets.iter().map(|secret| secret.name.as_str());
    names.filter(|name| is_granted(name) && !has_value(name)).map(Into::into).collect()
}

/// All that a manifest asks for.
pub(crate) struct Wishes {
    /// Hosts and secrets.
    pub(crate) grants: Grants,
    /// Those that no operator can grant, such as an address that is none of a host, as options: the grant is refused
    /// with what is wrong.
    pub(crate) impossible: Vec<String>,
}

/// All that a manifest asks for.
pub(crate) fn wishes(manifest: &Manifest) -> Wishes {
    let mut impossible = Vec::new();
    let mut grants = Grants::default();
    for host in &manifest.hosts {
        match host_grant(host) {
            Ok(grant) => grants.hosts.push(grant),
            Err(text) => impossible.push(format!("--host {}", quoted(&text))),
        }
    }
    for secret in &manifest.secrets {
        for host in manifest.hosts.iter().filter(|host| secret.hosts.contains(&host.name)) {
            match secret_grant(secret, host) {
                Ok(grant) => grants.secrets.push(grant),
                Err(text) => impossible.push(format!("--secret {text}")),
            }
        }
        if secret.reveal {
            match secret.name.parse() {
                Ok(name) => grants.reveal.push(name),
                Err(_) => impossible.push(format!("--reveal {}", secret.name)),
            }
        }
    }
    Wishes { grants, impossible }
}

fn place(host: &WantedHost) -> String {
    // An IPv6 address in brackets, as in a URL.
    let name = if host.name.contains(':') { format!("[{}]", host.name) } else { host.name.clone() };
    if host.port == HTTPS_PORT { name } else { format!("{name}:{}", host.port) }
}

/// # Errors
/// It is no grant: the text is what would be one.
fn host_grant(host: &WantedHost) -> Result<HostGrant, String> {
    let methods = if host.methods.is_empty() { String::new() } else { host.methods.join(",") + " " };
    let short = format!("{methods}{}", place(host));
    // What is not on the public internet is granted with its port.
    short.parse().or_else(|_| format!("{short}:{}", host.port).parse()).map_err(|_| short)
}

fn covers(granted: &[HostGrant], wanted: &HostGrant) -> bool {
    let grants = || granted.iter().filter(|grant| grant.endpoint() == wanted.endpoint());
    if wanted.methods().is_empty() {
        return grants().any(|grant| grant.methods().is_empty());
    }
    wanted
        .methods()
        .iter()
        .all(|method| grants().any(|grant| grant.methods().is_empty() || grant.methods().contains(method)))
}

fn secret_grant(secret: &WantedSecret, host: &WantedHost) -> Result<SecretGrant, String> {
    let headers =
        if secret.headers.is_empty() { String::new() } else { format!(":{}", secret.headers.join(",")) };
    let text = format!("{}{headers}@{}", secret.name, place(host));
    text.parse().map_err(|_| text)
}

fn covers_secret(granted: &[SecretGrant], wanted: &SecretGrant) -> bool {
    let place = |grant: &SecretGrant| (grant.secret().clone(), grant.host().clone(), grant.port());
    let grants = || granted.iter().filter(|grant| place(grant) == place(wanted));
    wanted.headers().all(|header| grants().any(|grant| grant.headers().any(|covered| covered == header)))
}

/// A shell's word.
fn quoted(text: &str) -> String {
    if text.contains(' ') { format!("'{text}'") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn manifest() -> anyhow::Result<Manifest> {
        Ok(Manifest::from_toml(
            "name = 'pay'\nversion = '1.0.0'\nkind = 'connector'\njob-types = ['pay']\n\
             [[hosts]]\nname = 'api.pay.example'\nmethods = ['GET', 'POST']\n\
             [[hosts]]\nname = 'files.pay.example'\nport = 8443\n\
             [[hosts]]\nname = '127.0.0.1'\n\
             [[secrets]]\nname = 'PAY_KEY'\nhosts = ['api.pay.example', 'files.pay.example']\n\
             [[secrets]]\nname = 'SIGNING_KEY'\nreveal = true\n",
        )?)
    }

    #[test]
    fn a_secret_is_wanted_in_its_headers() -> anyhow::Result<()> {
        let manifest = Manifest::from_toml(
            "name = 'crm'\nversion = '1.0.0'\nkind = 'connector'\njob-types = ['crm']\n\
             [[hosts]]\nname = 'crm.example'\n\
             [[secrets]]\nname = 'KEY'\nhosts = ['crm.example']\nheaders = ['x-api-key', 'x-tenant-key']\n",
        )?;
        let missing = |secrets: &[&str]| -> anyhow::Result<Vec<String>> {
            let granted = json!({ "hosts": ["crm.example"], "secrets": secrets });
            Ok(missing(&manifest, &Grant::read("crm", json!({ "grants": granted }))?, &Limits::default()))
        };
        let wanted = ["--secret KEY:x-api-key,x-tenant-key@crm.example"];
        assert_eq!(missing(&[])?, wanted);
        assert_eq!(missing(&["KEY@crm.example"])?, wanted);
        assert_eq!(missing(&["KEY:x-api-key@crm.example"])?, wanted);
        assert_eq!(missing(&["KEY:x-api-key@crm.example", "KEY:x-tenant-key@crm.example"])?, [""; 0]);
        assert_eq!(missing(&["KEY:authorization,x-api-key,x-tenant-key@crm.example"])?, [""; 0]);
        Ok(())
    }

    fn missing_with(grants: serde_json::Value) -> anyhow::Result<Vec<String>> {
        Ok(missing(&manifest()?, &Grant::read("pay", json!({ "grants": grants }))?, &Limits::default()))
    }

    #[test]
    fn without_grants_every_wish_is_missing() -> anyhow::Result<()> {
        assert_eq!(
            missing_with(json!({}))?,
            [
                "--host 'GET,POST api.pay.example'",
                "--host files.pay.example:8443",
                "--host 127.0.0.1:443",
                "--secret PAY_KEY@api.pay.example",
                "--secret PAY_KEY@files.pay.example:8443",
                "--reveal SIGNING_KEY",
            ]
        );
        Ok(())
    }

    #[test]
    fn a_wish_is_met_by_a_wider_grant_or_by_several() -> anyhow::Result<()> {
        let rest = ["--host files.pay.example:8443", "--host 127.0.0.1:443"];
        let secrets = json!(["PAY_KEY@api.pay.example", "PAY_KEY@https://files.pay.example:8443"]);
        for hosts in [json!(["api.pay.example"]), json!(["GET api.pay.example", "POST api.pay.example"])] {
            let granted = json!({ "hosts": hosts, "secrets": secrets, "reveal": ["SIGNING_KEY"] });
            assert_eq!(missing_with(granted)?, rest);
        }
        let narrow =
            missing_with(json!({ "hosts": ["GET api.pay.example", "http://files.pay.example:8443"] }))?;
        assert_eq!(narrow[..2], ["--host 'GET,POST api.pay.example'", rest[0]]);
        Ok(())
    }

    #[test]
    fn settings_without_a_value_and_limits_that_are_too_low_are_missing_too() -> anyhow::Result<()> {
        let manifest = Manifest::from_toml(
            "name = 'crm'\nversion = '1.0.0'\nkind = 'connector'\njob-types = ['crm']\n\
             [config.base-url]\n[config.region]\ndefault = 'eu'\n\
             [limits]\nmemory_bytes = 268435456\nwall_time_ms = 1000\n",
        )?;
        let missing =
            |grant, host: &Limits| anyhow::Ok(missing(&manifest, &Grant::read("crm", grant)?, host));
        let host = Limits::default();
        assert_eq!(
            missing(json!({}), &host)?,
            ["--setting base-url=VALUE", "--limit memory_bytes=268435456"]
        );
        let granted =
            json!({ "settings": { "base-url": "https://a.b" }, "limits": { "memory_bytes": 268_435_456 } });
        assert_eq!(missing(granted, &host)?, [""; 0]);
        // What the host gives everybody need not be granted, and what it gives nobody has to be.
        let generous = Limits { memory_bytes: 1 << 30, wall_time: Duration::from_millis(999), ..host };
        assert_eq!(missing(json!({}), &generous)?[1..], ["--limit wall_time_ms=1000"]);
        Ok(())
    }

    #[test]
    fn a_wish_that_nobody_can_grant_is_not_dropped() -> anyhow::Result<()> {
        let manifest = Manifest::from_toml(
            "name = 'crm'\nversion = '1.0.0'\nkind = 'connector'\njob-types = ['crm']\n\
             [[hosts]]\nname = '0.0.0.0'\nport = 80\n[[hosts]]\nname = '::1'\n",
        )?;
        let missing = missing(&manifest, &Grant::nothing("crm"), &Limits::default());
        assert_eq!(missing, ["--host [::1]:443", "--host 0.0.0.0:80"]);
        Ok(())
    }

    #[test]
    fn a_granted_secret_without_a_value_is_named() -> anyhow::Result<()> {
        let names = |grants, has_value: fn(&str) -> bool| {
            anyhow::Ok(without_value(&manifest()?, &serde_json::from_value(grants)?, has_value))
        };
        assert_eq!(names(json!({}), |_| false)?.len(), 0);
        let granted = json!({ "secrets": ["PAY_KEY@api.pay.example"], "reveal": ["SIGNING_KEY"] });
        assert_eq!(names(granted.clone(), |_| false)?, ["PAY_KEY", "SIGNING_KEY"].map(SharedStr::from));
        assert_eq!(names(granted, |name| name == "PAY_KEY")?, ["SIGNING_KEY"].map(SharedStr::from));
        Ok(())
    }
}
