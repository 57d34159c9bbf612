//! Versions of a worker that is being written, one after the other.

use anyhow::{Context as _, bail};
use manifest::Manifest;
use reqwest::Body;
use sandbox::Digest;

use super::super::push::print_missing;
use crate::client::Client;
use crate::signature::SigningKey;
use crate::{output, values};

/// What such a version has behind the one in the manifest, before its number.
const MARK: &str = "dev";

/// How often to take another number when one is taken: by somebody else meanwhile, or by a version of an earlier run, which
/// keeps its number when it is removed. Each try goes twice as far as the one before.
const TRIES_MAX: usize = 20;

/// Uploads the versions of one worker.
pub(super) struct Uploads<'h> {
    host: &'h Client,
    /// Signs what is uploaded.
    key: Option<SigningKey>,
    /// The number of the next version.
    next: u64,
    last: Option<(String, semver::Version)>,
    /// What is on the host.
    digest: Option<blake3::Hash>,
}

impl<'h> Uploads<'h> {
    /// Looks for what earlier runs have left on the host, and says so: it may be somebody's who is at work.
    pub(super) async fn begin(
        host: &'h Client,
        key: Option<SigningKey>,
        manifest: &Manifest,
    ) -> anyhow::Result<Self> {
        let components = host.components().await?;
        let versions = components.iter().filter(|component| *component.name == *manifest.name);
        let numbered = versions.filter_map(|component| {
            let number = number(&component.version.parse().ok()?)?;
            Some((number, component.version.as_str()))
        });
        let mut next = 1;
        for (number, version) in numbered {
            next = next.max(number.saturating_add(1));
            eprintln!(
                "note: {name} {version} is there, left by another `worker dev`, or in use by one: \
                 `fermata worker remove {name} {version}` removes it",
                name = manifest.name
            );
        }
        Ok(Self { host, key, next, last: None, digest: None })
    }

    /// Uploads a component as a version of its own, and removes the one before.
    pub(super) async fn upload(&mut self, component: &[u8], manifest: Manifest) -> anyhow::Result<()> {
        let plain = manifest::embed(component, &manifest).context("the component cannot be packed")?;
        let digest = blake3::hash(&plain);
        if self.digest == Some(digest) {
            output::line("the component is the same as before");
            return Ok(());
        }
        let mut tries = 1..=TRIES_MAX;
        let mut step = 1;
        let uploaded = loop {
            let number = self.next;
            let manifest = Manifest { version: numbered(&manifest.version, number)?, ..manifest.clone() };
            self.next = number.saturating_add(step);
            let packed = manifest::embed(component, &manifest).context("the component cannot be packed")?;
            let size = packed.len();
            let signature = self.key.as_ref().map(|key| key.sign(&Digest::of(&packed)).to_string());
            match self.host.upload(Body::from(packed), size, signature).await {
                Ok(uploaded) => {
                    self.next = number.saturating_add(1);
                    break uploaded;
                }
                Err(error) if error.is_taken() && tries.next().is_some() => step *= 2,
                Err(error) => return Err(error.into()),
            }
        };
        let view = &uploaded.component;
        let serving: Vec<&str> = view.serving.iter().map(|job_type| job_type.as_str()).collect();
        output::line(format_args!(
            "{} {}, {}, serves {}",
            view.name,
            view.version,
            values::show_size(view.size_bytes),
            if serving.is_empty() { "nothing".to_owned() } else { serving.join(", ") }
        ));
        for note in &uploaded.notes {
            output::line(format_args!("  note: {}", note.message));
        }
        print_missing(&uploaded);
        let before = self.last.replace((view.name.to_string(), view.version.parse()?));
        self.digest = Some(digest);
        self.remove(before).await
    }

    /// Removes what this run has uploaded last.
    pub(super) async fn remove_last(&mut self) -> anyhow::Result<()> {
        let last = self.last.take();
        if let Some((name, version)) = &last {
            output::line(format_args!("removing {name} {version}"));
        }
        self.remove(last).await
    }

    async fn remove(&self, version: Option<(String, semver::Version)>) -> anyhow::Result<()> {
        let Some((name, version)) = version else { return Ok(()) };
        let removed = self.host.delete_component(&name, &version.to_string(), "").await;
        removed.with_context(|| format!("{name} {version} is not removed"))?;
        Ok(())
    }
}

/// `0.1.0-dev.3` for 3 of `0.1.0`.
fn numbered(version: &semver::Version, number: u64) -> anyhow::Result<semver::Version> {
    if !version.pre.is_empty() {
        bail!(
            "component.toml says version {version}: leave out `-{}`, which `worker dev` adds itself",
            version.pre
        );
    }
    let pre = semver::Prerelease::new(&format!("{MARK}.{number}"))?;
    Ok(semver::Version { pre, ..version.clone() })
}

/// 3 of `0.1.0-dev.3`.
fn number(version: &semver::Version) -> Option<u64> {
    version.pre.as_str().strip_prefix(MARK)?.strip_prefix('.')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::post;
    use serde_json::json;

    use super::*;

    /// How often a host is asked that refuses each upload for the same reason.
    async fn asked(title: &'static str) -> anyhow::Result<usize> {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let upload = move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
            (StatusCode::CONFLICT, json!({ "title": title, "status": 409 }).to_string())
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?).parse()?;
        let router = Router::new().route("/fermata/v1/components", post(upload));
        tokio::spawn(async { axum::serve(listener, router).await });
        let host = Client::new(url)?;
        let mut uploads = Uploads { host: &host, key: None, next: 1, last: None, digest: None };
        let manifest = Manifest::from_toml(
            "name = \"echo\"\nversion = \"0.1.0\"\nkind = \"worker\"\njob-types = [\"echo\"]\n",
        )?;
        let refused = uploads.upload(&wasm_encoder::Component::new().finish(), manifest).await;
        assert_eq!(refused.map_err(|error| error.to_string()), Err(title.to_owned()));
        Ok(asked.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn only_a_number_that_is_taken_is_counted_on() -> anyhow::Result<()> {
        assert_eq!(asked("ALREADY_EXISTS").await?, 1 + TRIES_MAX);
        assert_eq!(asked("LIMIT_REACHED").await?, 1);
        Ok(())
    }

    #[test]
    fn versions_are_numbered() -> anyhow::Result<()> {
        let version = "0.1.0".parse()?;
        let third = numbered(&version, 3)?;
        assert_eq!((third.to_string().as_str(), number(&third)), ("0.1.0-dev.3", Some(3)));
        assert!(third < version);
        for other in ["0.1.0", "0.1.0-dev", "0.1.0-dev.x", "0.1.0-devel.3", "0.1.0-rc.1"] {
            assert_eq!(number(&other.parse()?), None, "{other}");
        }
        assert!(numbered(&third, 4).is_err());
        Ok(())
    }
}
