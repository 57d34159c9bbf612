//! Components from an OCI registry: Debian's `docker-registry` on the loopback interface.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use oci_client::client::{Client, ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::secrets::RegistryAuth;
use serde_json::Value;

use crate::support::{Host, component};

/// A registry that keeps what it gets in a temporary folder. Killed when dropped.
struct Registry {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Registry {
    /// `None` when this machine has no `docker-registry`, which is said loudly.
    fn start() -> anyhow::Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("config.yml");
        std::fs::write(
            &config,
            format!(
                "version: 0.1\nlog:\n  level: info\nhttp:\n  addr: 127.0.0.1:0\n\
                 storage:\n  filesystem:\n    rootdirectory: {}\n",
                folder.path().join("data").display()
            ),
        )?;
        let started = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("SKIPPED: there is no `docker-registry`: `apt-get install docker-registry`");
                return Ok(None);
            }
            Err(error) => return Err(error).context("failed to run docker-registry"),
        };
        let mut lines = BufReader::new(child.stderr.take().context("its log")?).lines();
        let address = loop {
            let line = lines.next().context("the registry ended before it listened")??;
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(['"', ',', ' ']).next().unwrap_or_default().to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Some(Self { child, address, _folder: folder }))
    }

    /// Pushes a layer, as build tools do; gives the digest of its manifest.
    async fn push(
        &self,
        name: &str,
        layer: Vec<u8>,
        media_type: &str,
        config: &str,
    ) -> anyhow::Result<String> {
        let client = Client::new(ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() });
        let reference = format!("{}/{name}", self.address).parse()?;
        let layers = [ImageLayer::new(layer, media_type.to_owned(), None)];
        let config = Config::new(b"{}".to_vec(), config.to_owned(), None);
        client.push(&reference, &layers, config, &RegistryAuth::Anonymous, None).await?;
        Ok(client.fetch_manifest_digest(&reference, &RegistryAuth::Anonymous).await?)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_is_pulled_by_tag_and_by_digest() -> anyhow::Result<()> {
    const WASM: &str = "application/wasm";
    const CONFIG: &str = "application/vnd.wasm.config.v0+json";
    // An error means that there is a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Some(registry) = Registry::start()? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let echo = std::fs::read(component("echo.wasm")?)?;
    let digest = registry.push("team/echo:1.0.0", echo.clone(), WASM, CONFIG).await?;
    let at = |rest: &str| format!("oci://{}/team/{rest}", registry.address);

    // What a tag stands for is shown.
    let output = host.run(["worker", "push", &at("echo:1.0.0")])?.expect(0)?;
    ensure!(output.stdout.contains("echo 1.0.0: uploaded"), "{output:#?}");
    let pinned = at(&format!("echo@{digest}"));
    ensure!(output.stdout.contains(&pinned), "{pinned} is not shown: {output:#?}");
    // The same by digest changes nothing.
    let output = host.run(["worker", "push", "--json", &pinned])?.expect(0)?;
    let again: Value = serde_json::from_str(&output.stdout)?;
    ensure!(again["created"] == false, "{again}");
    ensure!(again["component"]["digest"] == sandbox::Digest::of(&echo).to_string(), "{again}");

    let other = at(&format!("echo@sha256:{}", "0".repeat(64)));
    host.run(["worker", "push", &other])?.expect_line(1, &["cannot be pulled"])?;
    host.run(["worker", "push", &at("echo:2.0.0")])?.expect_line(1, &["cannot be pulled", "echo:2.0.0"])?;
    registry.push("team/image:1", echo.clone(), WASM, "application/vnd.oci.image.config.v1+json").await?;
    host.run(["worker", "push", &at("image:1")])?.expect_line(1, &["no WebAssembly artifact"])?;
    registry.push("team/text:1", b"text".to_vec(), "text/plain", CONFIG).await?;
    host.run(["worker", "push", &at("text:1")])?.expect_line(1, &["its layer is `text/plain`"])?;
    Ok(())
}
