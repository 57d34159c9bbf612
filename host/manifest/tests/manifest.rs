//! The author's notation, and what it may hold.

use fermata_manifest::{Kind, Manifest, ManifestError};

const WHOLE: &str = r#"
name = "stripe-eu"
version = "1.2.3-rc.1"
kind = "connector"
description = "Charges a customer"
job-types = ["charge", "io.example:stripe:1"]

[[hosts]]
name = "api.stripe.com"
methods = ["POST"]
reason = "creates charges"

[[hosts]]
name = "127.0.0.1"
port = 8080

[[secrets]]
name = "STRIPE_API_KEY"
hosts = ["api.stripe.com"]
headers = ["x-api-key"]
reveal = true

[config.base-url]
default = "https://api.stripe.com"

[[input]]
name = "customer.email"
type = "string"
required = true
"#;

#[test]
fn every_field_is_read_and_survives_its_other_notation() -> anyhow::Result<()> {
    let manifest = Manifest::from_toml(WHOLE)?;
    assert_eq!((manifest.name.as_str(), manifest.kind), ("stripe-eu", Kind::Connector));
    assert_eq!(manifest.version.to_string(), "1.2.3-rc.1");
    assert_eq!(manifest.job_types, ["charge", "io.example:stripe:1"]);
    assert_eq!(manifest.hosts.iter().map(|host| host.port).collect::<Vec<_>>(), [443, 8080]);
    assert!(manifest.secrets[0].reveal);
    assert_eq!(manifest.secrets[0].headers, ["x-api-key"]);
    assert_eq!(manifest.config["base-url"].default.as_deref(), Some("https://api.stripe.com"));
    assert!(manifest.input[0].required);
    assert_eq!(Manifest::from_json(&manifest.to_json()?)?, manifest);
    Ok(())
}

#[test]
fn a_mistake_is_named_by_its_field() {
    for (right, wrong, expected) in [
        ("reason =", "raeson =", "`hosts.0.raeson`"),
        ("\"stripe-eu\"", "\"Stripe\"", "`name`"),
        ("\"stripe-eu\"", "\"stripe--eu\"", "`name`"),
        ("\"1.2.3-rc.1\"", "\"1.2\"", "version"),
        ("\"connector\"", "\"robot\"", "kind"),
        ("[\"charge\", \"io.example:stripe:1\"]", "[]", "`job-types`"),
        ("\"io.example:stripe:1\"", "\"charge\"", "`job-types`"),
        ("\"api.stripe.com\"\nmethods", "\"https://api.stripe.com\"\nmethods", "`hosts[0].name`"),
        ("[\"POST\"]", "[\"post\"]", "`hosts[0].methods[0]`"),
        ("port = 8080", "port = 0", "`hosts[1].port`"),
        ("hosts = [\"api.stripe.com\"]", "hosts = [\"example.org\"]", "`secrets[0].hosts[0]`"),
        ("\"STRIPE_API_KEY\"", "\"STRIPE-API-KEY\"", "`secrets[0].name`"),
        ("\"x-api-key\"", "\"X-Api-Key\"", "`secrets[0].headers[0]`"),
        ("[config.base-url]", "[config.\"base url\"]", "`config`"),
        ("\"customer.email\"", "\" \"", "`input[0].name`"),
        ("\"Charges a customer\"", "\"Charges\\na customer\"", "`description`"),
    ] {
        let text = WHOLE.replace(right, wrong);
        assert_ne!(text, WHOLE, "{right} is not there to be replaced");
        let message = Manifest::from_toml(&text).expect_err(wrong).to_string();
        assert!(message.contains(expected), "{wrong}: {message}");
    }
}

#[test]
fn texts_and_lists_are_bounded() {
    let long_name = "a".repeat(65);
    let long_text = "a".repeat(1025);
    let many = vec!["'x'"; 101].join(", ");
    for (right, wrong) in [
        ("stripe-eu", long_name.as_str()),
        ("Charges a customer", long_text.as_str()),
        ("\"charge\", \"io.example:stripe:1\"", many.as_str()),
    ] {
        let result = Manifest::from_toml(&WHOLE.replace(right, wrong));
        assert!(matches!(result, Err(ManifestError::Invalid(_))), "{right}: {result:?}");
    }
}
