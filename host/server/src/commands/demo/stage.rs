//! Everything that the demo needs: stand-ins, a host, secrets, grants, components, the model.

use std::num::NonZeroU16;

use anyhow::Context as _;
use console::style;
use sandbox::Limits;
use serde_json::json;
use tempfile::TempDir;

use super::cast::{Customer, OUTAGE, SENDER};
use super::components::Components;
use super::model::{FILE_NAME, PROCESS_ID, XML};
use super::screen::Screen;
use super::vendors::{Account, Server, Vendors};
use crate::client::{Client, Start};
use crate::host::{Host, Options};
use crate::retention::Settings;

/// Bytes of randomness in each key.
const KEY_BYTES: usize = 12;

/// A host with all that belongs to it, in a folder that goes with it.
pub(super) struct Stage {
    /// A way to talk to the host.
    pub(super) client: Client,
    /// The vendors.
    pub(super) vendors: Vendors,
    host: Host,
    folder: TempDir,
}

/// A connector and the vendor that it calls.
struct Connection<'a> {
    component: &'static str,
    secret: &'static str,
    key: &'a str,
    vendor: &'a Server,
}

impl Stage {
    /// Sets everything up and tells about it.
    pub(super) async fn set(screen: &Screen, components: &Components) -> anyhow::Result<Self> {
        let account = Account {
            sendgrid_key: new_key("SG.")?,
            sender: SENDER,
            stripe_key: new_key("sk_test_")?,
            hubspot_token: new_key("pat-demo-")?,
            hubspot_outage: OUTAGE,
        };
        let keys = [&account.sendgrid_key, &account.stripe_key, &account.hubspot_token].map(Clone::clone);
        let vendors = Vendors::start(account).await?;
        let folder = tempfile::Builder::new()
            .prefix("fermata-demo-")
            .tempdir()
            .context("failed to make a temporary folder")?;
        let host = Host::start(options(&folder, components)).await?;
        let url = format!("http://{}", host.address);
        screen.line(format_args!(
            "host        {}  {}",
            style(&url).cyan(),
            style(format_args!("in {}", folder.path().display())).dim()
        ));
        let client = Client::new(url.parse().context("the host's address is no URL")?)?;
        let stage = Self { client, vendors, host, folder };
        stage.connect(screen, &keys).await?;
        stage.bring_worker(screen, components).await?;
        stage.deploy(screen).await?;
        Ok(stage)
    }

    /// Where the host is.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.host.address)
    }

    /// Starts an instance for a customer's order; gives its key.
    pub(super) async fn order(&self, customer: &Customer) -> anyhow::Result<String> {
        let start = Start {
            process_definition_id: PROCESS_ID.to_owned(),
            process_definition_version: None,
            variables: serde_json::value::to_raw_value(&customer.variables())?,
            await_completion: false,
            request_timeout: None,
        };
        let started = self.client.start(&start).await?;
        let key = started["processInstanceKey"].as_str().context("the host gave no key for the instance")?;
        Ok(key.to_owned())
    }

    /// Ends the host and removes its folder.
    pub(super) async fn clear(self) -> anyhow::Result<()> {
        self.host.shut_down().await;
        let path = self.folder.path().to_owned();
        self.folder.close().with_context(|| format!("failed to remove {}", path.display()))
    }

    /// Sets the secrets, and allows each connector its own vendor with its own key.
    async fn connect(&self, screen: &Screen, keys: &[String; 3]) -> anyhow::Result<()> {
        let Vendors { sendgrid, stripe, hubspot, .. } = &self.vendors;
        let [sendgrid_key, stripe_key, hubspot_token] = keys;
        let connections = [
            Connection {
                component: "sendgrid",
                secret: "SENDGRID_API_KEY",
                key: sendgrid_key,
                vendor: sendgrid,
            },
            Connection { component: "stripe", secret: "STRIPE_API_KEY", key: stripe_key, vendor: stripe },
            Connection {
                component: "hubspot",
                secret: "HUBSPOT_ACCESS_TOKEN",
                key: hubspot_token,
                vendor: hubspot,
            },
        ];
        for Connection { component, secret, key, vendor } in connections {
            let url = vendor.base_url();
            self.client.put_secret(secret, key, "").await?;
            let grant = json!({
                "grants": { "hosts": [format!("POST {url}")], "secrets": [format!("{secret}@{url}")] },
                "settings": { "base-url": url },
            });
            self.client.put_grant(component, &grant, None).await?;
            screen.line(format_args!(
                "stand-in    {}  {}",
                style(&url).cyan(),
                style(format_args!("the only way out of {component}, with {secret}")).dim()
            ));
        }
        Ok(())
    }

    async fn bring_worker(&self, screen: &Screen, components: &Components) -> anyhow::Result<()> {
        let worker = components.worker()?;
        let size_bytes = worker.len();
        let uploaded = self.client.upload(worker.into(), size_bytes, None).await?;
        screen.line(format_args!(
            "worker      {} {}  {}",
            uploaded.component.name,
            uploaded.component.version,
            style(format_args!("{} KB, uploaded; connectors come with the host", size_bytes.div_ceil(1024)))
                .dim()
        ));
        Ok(())
    }

    async fn deploy(&self, screen: &Screen) -> anyhow::Result<()> {
        let deployment = self.client.deploy(vec![(FILE_NAME.to_owned(), XML.as_bytes().to_vec())]).await?;
        let process = deployment.deployments.into_iter().find_map(|deployed| deployed.process_definition);
        let process = process.context("the host deployed no process")?;
        screen.line(format_args!(
            "model       {} version {}",
            process.process_definition_id, process.process_definition_version
        ));
        Ok(())
    }
}

fn options(folder: &TempDir, components: &Components) -> Options {
    Options {
        database_url: None,
        partitions: NonZeroU16::MIN,
        listen: "127.0.0.1:0".to_owned(),
        host_names: Vec::new(),
        data: folder.path().to_owned(),
        connectors: Some(components.folder().to_owned()),
        concurrency: sandbox::CONCURRENCY,
        tenant_weights: Default::default(),
        component_bytes_max: sandbox::COMPONENT_BYTES_MAX,
        components: Default::default(),
        limits: Limits::default(),
        root_certificates: Vec::new(),
        retention: Settings::default(),
        secret_key: None,
    }
}

/// A key that only this run knows.
fn new_key(prefix: &str) -> anyhow::Result<String> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    Ok(digits.fold(prefix.to_owned(), |key, digits| key + &digits))
}
