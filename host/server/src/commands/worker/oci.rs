//! Components from an OCI registry: `oci://REGISTRY/REPOSITORY@sha256:…` or `:TAG`.
//!
//! The command pulls and then uploads, and the host is told nothing but the bytes: it never opens a connection to an
//! address that a caller chooses, and keeps no credentials of registries.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::TryStreamExt as _;
use oci_client::Reference;
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::manifest::{OciDescriptor, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;

/// What a reference to a registry begins with.
pub(super) const SCHEME: &str = "oci://";

/// The media type of a component.
const WASM_LAYER: &str = "application/wasm";
/// The media type of what is said of one.
const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// How long to wait for a registry to take a connection, and for its next bytes.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const READ_WITHIN: Duration = Duration::from_secs(60);

/// Docker's file with credentials, in bytes.
const DOCKER_CONFIG_BYTES_MAX: u64 = 1 << 20;

const USER_VARIABLE: &str = "FERMATA_REGISTRY_USER";
const PASSWORD_VARIABLE: &str = "FERMATA_REGISTRY_PASSWORD";

/// A component from a registry.
pub(super) struct Pulled {
    pub(super) bytes: Vec<u8>,
    /// Where it came from, by the digest that its tag stood for.
    pub(super) reference: String,
}

/// Pulls a component. `plain_http` does without TLS, which loopback addresses never need.
pub(super) async fn pull(text: &str, plain_http: bool) -> anyhow::Result<Pulled> {
    let reference = parse(text)?;
    pull_from(&reference, plain_http).await.with_context(|| format!("{text} cannot be pulled"))
}

fn parse(text: &str) -> anyhow::Result<Reference> {
    let expected =
        || format!("`{text}` is no reference: expected `oci://REGISTRY/REPOSITORY@sha256:DIGEST`, or `:TAG`");
    let name = text.strip_prefix(SCHEME).with_context(expected)?;
    let registry = name.split('/').next().unwrap_or_default();
    // Without this, names that lack a registry would mean Docker's.
    let names_registry = registry.contains(['.', ':']) || registry == "localhost";
    ensure!(names_registry && name.contains('/'), "{}", expected());
    let reference: Reference = name.parse().map_err(|error| anyhow!("{}: {error}", expected()))?;
    let named = name.rsplit('/').next().is_some_and(|last| last.contains([':', '@']));
    ensure!(named, "{}", expected());
    Ok(reference)
}

async fn pull_from(reference: &Reference, plain_http: bool) -> anyhow::Result<Pulled> {
    // An error means that there is a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let registry = reference.registry();
    let mut config = ClientConfig {
        platform_resolver: None,
        connect_timeout: Some(CONNECT_WITHIN),
        read_timeout: Some(READ_WITHIN),
        ..ClientConfig::default()
    };
    let loopback = is_loopback(registry);
    if plain_http || loopback {
        config.protocol = ClientProtocol::HttpsExcept(vec![registry.to_owned()]);
    }
    if loopback {
        // A proxy is another machine, on which this address means another host. One that is given here
        // takes the place of the environment's, and this machine is excepted from it.
        config.http_proxy = Some("http://127.0.0.1".to_owned());
        config.no_proxy = Some("localhost,127.0.0.0/8,::1/128".to_owned());
    }
    let client = Client::try_from(config)?;
    let auth = credentials(registry)?;
    // By digest, the client holds the answer against it.
    let (manifest, digest) = client.pull_image_manifest(reference, &auth).await?;
    let layer = wasm_layer(&manifest)?;
    let pinned = reference.clone_with_digest(digest.clone());
    let bytes = pull_layer(&client, &pinned, layer).await?;
    Ok(Pulled { bytes, reference: format!("{SCHEME}{registry}/{}@{digest}", reference.repository()) })
}

/// The one layer that is a component.
fn wasm_layer(manifest: &OciImageManifest) -> anyhow::Result<&OciDescriptor> {
    let config = &manifest.config.media_type;
    ensure!(
        config == WASM_CONFIG,
        "it is no WebAssembly artifact: its configuration is `{config}`, expected `{WASM_CONFIG}`"
    );
    let [layer] = manifest.layers.as_slice() else {
        bail!("it has {} layers, expected one of `{WASM_LAYER}`", manifest.layers.len());
    };
    ensure!(layer.media_type == WASM_LAYER, "its layer is `{}`, expected `{WASM_LAYER}`", layer.media_type);
    let limit = api::COMPONENT_BYTES_MAX as i64;
    ensure!(layer.size <= limit, "the component takes {} bytes, the limit is {limit}", layer.size);
    Ok(layer)
}

/// Takes no more bytes than the manifest says, whatever the registry sends; the stream itself is held against the digest.
async fn pull_layer(
    client: &Client,
    reference: &Reference,
    layer: &OciDescriptor,
) -> anyhow::Result<Vec<u8>> {
    let size = usize::try_from(layer.size).context("the manifest gives the component a size below zero")?;
    let mut stream = client.pull_blob_stream(reference, layer).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.try_next().await? {
        ensure!(
            bytes.len() + chunk.len() <= size,
            "the registry sends more than the {size} bytes of its manifest"
        );
        bytes.extend_from_slice(&chunk);
    }
    ensure!(bytes.len() == size, "the registry has sent {} of {size} bytes", bytes.len());
    let digest = format!("sha256:{}", sandbox::Digest::of(&bytes));
    ensure!(
        digest == layer.digest,
        "the component has the digest {digest}, its manifest says {}",
        layer.digest
    );
    Ok(bytes)
}

/// Whether a registry is on this very machine.
fn is_loopback(registry: &str) -> bool {
    let host = match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// Docker's file with credentials, the part that this reads.
#[derive(Default, Deserialize)]
#[serde(default)]
struct DockerConfig {
    auths: BTreeMap<String, DockerAuth>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DockerAuth {
    /// `USER:PASSWORD` in Base64.
    auth: String,
}

/// The credentials for a registry: from the environment, or as `docker login` has left them.
fn credentials(registry: &str) -> anyhow::Result<RegistryAuth> {
    if let Ok(user) = std::env::var(USER_VARIABLE) {
        let password = std::env::var(PASSWORD_VARIABLE)
            .with_context(|| format!("{USER_VARIABLE} is set and {PASSWORD_VARIABLE} is not"))?;
        return Ok(RegistryAuth::Basic(user, password));
    }
    let folder = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| std::env::home_dir().map(|home| home.join(".docker")));
    let Some(path) = folder.map(|folder| folder.join("config.json")) else {
        return Ok(RegistryAuth::Anonymous);
    };
    let text = match std::fs::metadata(&path) {
        Ok(metadata) if metadata.len() <= DOCKER_CONFIG_BYTES_MAX => std::fs::read_to_string(&path)?,
        _ => return Ok(RegistryAuth::Anonymous),
    };
    let config: DockerConfig =
        serde_json::from_str(&text).with_context(|| format!("{} cannot be read", path.display()))?;
    in_docker_config(&config, registry).with_context(|| format!("{} cannot be used", path.display()))
}

fn in_docker_config(config: &DockerConfig, registry: &str) -> anyhow::Result<RegistryAuth> {
    let Some(DockerAuth { auth }) = config.auths.get(registry).filter(|found| !found.auth.is_empty()) else {
        return Ok(RegistryAuth::Anonymous);
    };
    let malformed = || format!("`auths.\"{registry}\".auth` is not `USER:PASSWORD` in Base64");
    let pair =
        String::from_utf8(BASE64_STANDARD.decode(auth).with_context(malformed)?).with_context(malformed)?;
    let (user, password) = pair.split_once(':').with_context(malformed)?;
    Ok(RegistryAuth::Basic(user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_its_registry_and_a_version() {
        let digest = "sha256:".to_owned() + &"a1".repeat(32);
        for good in [
            "oci://localhost:5000/team/score:1.0.0".to_owned(),
            format!("oci://registry.example/score@{digest}"),
            format!("oci://127.0.0.1:5000/score:1.0.0@{digest}"),
        ] {
            assert!(parse(&good).is_ok(), "{good}");
        }
        for bad in [
            "oci://",
            "oci://score:1",
            "oci://team/score:1",
            "oci://registry.example",
            "oci://registry.example/score",
            "oci://localhost:5000/score",
            "oci://registry.example/Score:1",
            "https://registry.example/score:1",
        ] {
            let message = parse(bad).map(drop).map_err(|error| error.to_string());
            assert!(
                message.as_ref().is_err_and(|text| text.contains("is no reference")),
                "{bad}: {message:?}"
            );
        }
    }

    #[test]
    fn only_this_machine_does_without_tls() {
        for registry in ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"] {
            assert!(is_loopback(registry), "{registry}");
        }
        for registry in ["registry.example", "localhost.example:5000", "10.0.0.1:5000", "[2001:db8::1]:5000"]
        {
            assert!(!is_loopback(registry), "{registry}");
        }
    }

    #[test]
    fn docker_has_left_credentials() -> anyhow::Result<()> {
        let config: DockerConfig = serde_json::from_str(
            r#"{"auths":{"registry.example":{"auth":"dXNlcjpwYXNzOndvcmQ="},"helped.example":{},"bad.example":{"auth":"?"}},"credsStore":"x"}"#,
        )?;
        let basic = RegistryAuth::Basic("user".to_owned(), "pass:word".to_owned());
        assert!(in_docker_config(&config, "registry.example")? == basic);
        for unknown in ["helped.example", "other.example"] {
            assert!(in_docker_config(&config, unknown)? == RegistryAuth::Anonymous, "{unknown}");
        }
        assert!(in_docker_config(&config, "bad.example").is_err());
        Ok(())
    }

    #[test]
    fn what_is_no_component_is_not_pulled() -> anyhow::Result<()> {
        let manifest = |config: &str, layers: serde_json::Value| -> anyhow::Result<OciImageManifest> {
            Ok(serde_json::from_value(serde_json::json!({
                "schemaVersion": 2,
                "config": { "mediaType": config, "digest": "sha256:00", "size": 2 },
                "layers": layers,
            }))?)
        };
        let layer = |media_type: &str, size: i64| serde_json::json!({ "mediaType": media_type, "digest": "sha256:00", "size": size });
        let too_large = api::COMPONENT_BYTES_MAX as i64 + 1;
        let image = "application/vnd.oci.image.config.v1+json";
        assert!(wasm_layer(&manifest(WASM_CONFIG, serde_json::json!([layer(WASM_LAYER, 8)]))?).is_ok());
        for (config, layers, expected) in [
            (image, serde_json::json!([layer(WASM_LAYER, 8)]), "no WebAssembly artifact"),
            (WASM_CONFIG, serde_json::json!([]), "has 0 layers"),
            (WASM_CONFIG, serde_json::json!([layer("text/plain", 8)]), "its layer is `text/plain`"),
            (WASM_CONFIG, serde_json::json!([layer(WASM_LAYER, too_large)]), "the limit is"),
        ] {
            let message = wasm_layer(&manifest(config, layers)?).map(drop).map_err(|error| error.to_string());
            assert!(message.as_ref().is_err_and(|text| text.contains(expected)), "{expected}: {message:?}");
        }
        Ok(())
    }
}
