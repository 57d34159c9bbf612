//! What a component wants and has not been granted.

use manifest::{Manifest, WantedHost, WantedSecret};
use sandbox::{Grants, HostGrant, SecretGrant, SecretName};

/// The port that a grant without one means.
const HTTPS_PORT: u16 = 443;

/// The wishes of a manifest that are not granted, each as an option of `fermata worker grant`.
///
/// A wish that is no grant, such as a host with an impossible name, is left out: no operator could grant it.
pub(crate) fn missing(manifest: &Manifest, granted: &Grants) -> Vec<String> {
    let hosts = manifest.hosts.iter().filter_map(host_grant).filter(|wanted| !covers(&granted.hosts, wanted));
    let secrets = manifest.secrets.iter().flat_map(|secret| {
        let places = manifest.hosts.iter().filter(|host| secret.hosts.contains(&host.name));
        places.filter_map(|host| secret_grant(secret, host))
    });
    let secrets = secrets.filter(|wanted| !covers_secret(&granted.secrets, wanted));
    let reveal = manifest.secrets.iter().filter(|secret| secret.reveal);
    let reveal = reveal.filter_map(|secret| secret.name.parse::<SecretName>().ok());
    let reveal = reveal.filter(|name| !granted.reveal.contains(name));
    hosts
        .map(|host| format!("--host {}", quoted(&host.to_string())))
        .chain(secrets.map(|secret| format!("--secret {secret}")))
        .chain(reveal.map(|name| format!("--reveal {name}")))
        .collect()
}

/// All that a manifest asks for, as grants. A wish that is no grant is left out.
pub(crate) fn wishes(manifest: &Manifest) -> Grants {
    let secrets = manifest.secrets.iter().flat_map(|secret| {
        let places = manifest.hosts.iter().filter(|host| secret.hosts.contains(&host.name));
        places.filter_map(|host| secret_grant(secret, host))
    });
    let reveal = manifest.secrets.iter().filter(|secret| secret.reveal);
    Grants {
        hosts: manifest.hosts.iter().filter_map(host_grant).collect(),
        secrets: secrets.collect(),
        reveal: reveal.filter_map(|secret| secret.name.parse().ok()).collect(),
    }
}

fn place(host: &WantedHost) -> String {
    // An IPv6 address in brackets, as in a URL.
    let name = if host.name.contains(':') { format!("[{}]", host.name) } else { host.name.clone() };
    if host.port == HTTPS_PORT { name } else { format!("{name}:{}", host.port) }
}

fn host_grant(host: &WantedHost) -> Option<HostGrant> {
    let methods = if host.methods.is_empty() { String::new() } else { host.methods.join(",") + " " };
    let short = format!("{methods}{}", place(host));
    // What is not on the public internet is granted with its port.
    short.parse().or_else(|_| format!("{short}:{}", host.port).parse()).ok()
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

fn secret_grant(secret: &WantedSecret, host: &WantedHost) -> Option<SecretGrant> {
    let headers =
        if secret.headers.is_empty() { String::new() } else { format!(":{}", secret.headers.join(",")) };
    format!("{}{headers}@{}", secret.name, place(host)).parse().ok()
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
            Ok(missing(&manifest, &serde_json::from_value(granted)?))
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
        Ok(missing(&manifest()?, &serde_json::from_value(grants)?))
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
}
