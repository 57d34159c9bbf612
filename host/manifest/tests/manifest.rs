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
fn wanted_limits_are_read_by_their_names_and_checked_at_their_place() -> anyhow::Result<()> {
    let with = |limits: &str| Manifest::from_toml(&format!("{WHOLE}\n[limits]\n{limits}\n"));
    let manifest = with("memory_bytes = 268_435_456\nwall_time_ms = 60_000")?;
    let wanted: Vec<_> = manifest.limits.iter().map(|(limit, value)| (limit.name(), value)).collect();
    assert_eq!(wanted, [("memory_bytes", 268_435_456), ("wall_time_ms", 60_000)]);
    assert_eq!(Manifest::from_json(&manifest.to_json()?)?, manifest);

    let line = WHOLE.matches('\n').count() + 3;
    for (limits, expected) in [
        (
            "memory = 1",
            vec![format!("`limits.memory` (line {line}, column 1)"), "did you mean `memory_bytes`?".into()],
        ),
        ("memory_bytes = 5", vec![format!("line {line}, column 16"), "expected 64 KiB to 4 GiB".into()]),
        ("concurrency = -1", vec![format!("line {line}, column 15"), "limit `concurrency` is -1".into()]),
        (
            "requests = '7'",
            vec![format!("line {line}, column 12"), "a whole number for limit `requests`".into()],
        ),
    ] {
        let message = with(limits).expect_err(limits).to_string();
        assert!(expected.iter().all(|part| message.contains(part)), "{limits}: {message}");
    }

    // A component of a later release may want what this one does not know of.
    let json = String::from_utf8(manifest.to_json()?)?.replace("wall_time_ms", "patience_ms");
    assert_eq!(Manifest::from_json(json.as_bytes())?.limits.iter().count(), 1);
    Ok(())
}

#[test]
fn a_host_is_a_name_or_an_address_and_nothing_else() -> anyhow::Result<()> {
    let with = |name: &str| Manifest::from_toml(&WHOLE.replace("\"127.0.0.1\"", &format!("\"{name}\"")));
    for name in ["localhost", "crm_1.corp", "10.0.0.1", "::1", "2606:4700::1111", "::ffff:10.0.0.1"] {
        assert_eq!(with(name)?.hosts[1].name, name);
    }
    for name in [
        "127.0.0.1:80",
        "crm.example:8443",
        "[::1]:80",
        "[::1]",
        "127.1",
        "0x7f.0x1",
        "1.2.3.4.5",
        "a..b",
        "a.",
    ] {
        let message = with(name).expect_err(name).to_string();
        assert!(message.starts_with("the manifest's `hosts[1].name` (line 14, column 1) is `"), "{message}");
        let has_port = name.ends_with(":80") || name.ends_with(":8443");
        assert_eq!(message.contains("(a port has a field of its own: `port = 8"), has_port, "{message}");
    }
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
        ("\"io.example:stripe:1\"", "\"..\"", "`job-types[1]`"),
        ("\"charge\"", "\".\"", "`job-types[0]`"),
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
