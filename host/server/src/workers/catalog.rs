//! Which versions of components there are, and which of them have a job type.

use std::collections::BTreeMap;
use std::path::PathBuf;

use manifest::Manifest;
use sandbox::Digest;
use types::{Actor, SharedStr, TenantId, Timestamp};

use super::rollout::Label;
use crate::signature::{PublicKey, Signature};

/// One version of one component.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// The tenant.
    pub(crate) tenant: TenantId,
    /// What the component says of itself.
    pub(crate) manifest: Manifest,
    /// The digest of its bytes.
    pub(crate) digest: Digest,
    /// Their number.
    pub(crate) size_bytes: u64,
    /// Where the bytes are.
    pub(crate) origin: Origin,
    /// When it came to this host.
    pub(crate) uploaded_at: Timestamp,
    /// Who brought it.
    pub(crate) uploaded_by: Actor,
    /// Who vouches for it.
    pub(crate) signed: Option<Signed>,
}

/// Who vouches for a version, and how this host learned of it.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// The signature.
    signature: Signature,
    /// Whether it is for the version's bytes, found out once: lists ask for every version, and it takes its time.
    fits: bool,
    /// When it came: with the version, or later.
    pub(crate) at: Timestamp,
    /// Who sent it.
    pub(crate) by: Actor,
}

impl Signed {
    /// Looks whether `signature` fits a version with this digest.
    pub(crate) fn new(signature: Signature, digest: &Digest, at: Timestamp, by: Actor) -> Self {
        let fits = signature.fits(digest);
        Self { signature, fits, at, by }
    }

    /// The signature.
    pub(crate) fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The key, and whether the signature is for the version's bytes.
    pub(crate) fn verdict(&self) -> (&PublicKey, bool) {
        (self.signature.key(), self.fits)
    }
}

/// Where a version comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was uploaded and is in the store.
    Uploaded {
        /// Its place among all uploads.
        sequence: i64,
    },
    /// It came with the host.
    Prebuilt {
        /// Its file.
        path: PathBuf,
    },
}

/// All versions, those that came first at the beginning. What came with the host is older than any upload.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    versions: Vec<Version>,
}

/// The versions that have each job type of each tenant, those that came first at the beginning.
pub(crate) type ByJobType<'a> = BTreeMap<(TenantId, SharedStr), Vec<&'a Version>>;

impl Version {
    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.manifest.name
    }

    /// `name@version`.
    pub(crate) fn label(&self) -> SharedStr {
        format!("{}@{}", self.name(), self.manifest.version).into()
    }

    /// Its name and version.
    pub(crate) fn full_name(&self) -> Label {
        Label { name: self.name().to_owned(), version: self.manifest.version.clone() }
    }

    /// The signature, if somebody vouches for it.
    pub(crate) fn signature(&self) -> Option<&Signature> {
        self.signed.as_ref().map(Signed::signature)
    }

    /// Whether it came with the host.
    pub(crate) fn is_prebuilt(&self) -> bool {
        matches!(self.origin, Origin::Prebuilt { .. })
    }

    /// Whether it is this version.
    pub(crate) fn is(&self, tenant: &TenantId, name: &str, version: &str) -> bool {
        self.tenant == *tenant && self.name() == name && self.manifest.version.to_string() == version
    }

    /// Whether it is the very same: of what was uploaded and what came with the host only one is.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.origin == other.origin
            && self.is(&other.tenant, other.name(), &other.manifest.version.to_string())
    }

    fn sequence(&self) -> i64 {
        match self.origin {
            Origin::Uploaded { sequence } => sequence,
            Origin::Prebuilt { .. } => i64::MIN,
        }
    }
}

impl Catalog {
    /// Adds a version after those that came before it.
    pub(crate) fn add(&mut self, version: Version) {
        let after = self.versions.partition_point(|other| other.sequence() <= version.sequence());
        self.versions.insert(after, version);
    }

    /// Removes an uploaded version.
    pub(crate) fn remove(&mut self, tenant: &TenantId, name: &str, version: &str) {
        self.versions.retain(|other| other.is_prebuilt() || !other.is(tenant, name, version));
    }

    /// All versions, those that came last first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Version> {
        self.versions.iter().rev()
    }

    /// A version; the uploaded one, when another came with the host.
    pub(crate) fn find(&self, tenant: &TenantId, name: &str, version: &str) -> Option<&Version> {
        self.newest_first().find(|other| other.is(tenant, name, version))
    }

    /// The versions that have a job type, those that came first at the beginning.
    pub(crate) fn of_job_type(&self, tenant: &TenantId, job_type: &str) -> Vec<&Version> {
        let has = |version: &&Version| {
            version.tenant == *tenant && version.manifest.job_types.iter().any(|name| name == job_type)
        };
        self.versions.iter().filter(has).collect()
    }

    /// The versions that have each job type of each tenant.
    pub(crate) fn by_job_type(&self) -> ByJobType<'_> {
        let mut by_job_type = ByJobType::new();
        for version in &self.versions {
            for job_type in &version.manifest.job_types {
                let name = (version.tenant.clone(), job_type.as_str().into());
                by_job_type.entry(name).or_default().push(version);
            }
        }
        by_job_type
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(name: &str, version: &str, job_types: &[&str], origin: Origin) -> Version {
        Version {
            tenant: TenantId::default(),
            manifest: Manifest {
                name: name.to_owned(),
                version: version.parse().expect("a semantic version"),
                kind: manifest::Kind::Worker,
                description: String::new(),
                job_types: job_types.iter().map(|&job_type| job_type.to_owned()).collect(),
                hosts: Vec::new(),
                secrets: Vec::new(),
                limits: manifest::WantedLimits::default(),
                config: Default::default(),
                input: Vec::new(),
            },
            digest: Digest::of(version.as_bytes()),
            size_bytes: 1,
            origin,
            uploaded_at: Timestamp::default(),
            uploaded_by: Actor::default(),
            signed: None,
        }
    }

    fn uploaded(sequence: i64) -> Origin {
        Origin::Uploaded { sequence }
    }

    fn prebuilt() -> Origin {
        Origin::Prebuilt { path: "mail.wasm".into() }
    }

    fn serving(catalog: &Catalog) -> Vec<String> {
        let by_job_type = catalog.by_job_type();
        let last =
            by_job_type.iter().filter_map(|((_, job_type), versions)| Some((job_type, versions.last()?)));
        last.map(|(job_type, version)| format!("{job_type}: {}", version.label())).collect()
    }

    #[test]
    fn versions_of_a_job_type_are_in_the_order_of_their_uploads() {
        let mut catalog = Catalog::default();
        catalog.add(version("pay", "2.0.0", &["charge"], uploaded(7)));
        catalog.add(version("pay", "1.0.0", &["charge", "refund"], uploaded(3)));
        assert_eq!(serving(&catalog), ["charge: pay@2.0.0", "refund: pay@1.0.0"]);
        catalog.add(version("other", "0.1.0", &["charge"], uploaded(8)));
        assert_eq!(serving(&catalog), ["charge: other@0.1.0", "refund: pay@1.0.0"]);
        let order: Vec<_> = catalog.newest_first().map(|version| version.sequence()).collect();
        assert_eq!(order, [8, 7, 3]);
    }

    #[test]
    fn without_the_last_one_the_one_before_serves_again() {
        let mut catalog = Catalog::default();
        catalog.add(version("mail", "1.0.0", &["mail"], prebuilt()));
        catalog.add(version("mail", "1.1.0", &["mail"], uploaded(1)));
        catalog.add(version("mail", "2.0.0", &["mail"], uploaded(2)));
        for expected in ["mail: mail@2.0.0", "mail: mail@1.1.0", "mail: mail@1.0.0", "mail: mail@1.0.0"] {
            assert_eq!(serving(&catalog), [expected]);
            let version = expected.split('@').nth(1).unwrap_or_default();
            catalog.remove(&TenantId::default(), "mail", version);
        }
    }

    #[test]
    fn an_upload_stands_before_what_came_with_the_host_under_the_same_version() {
        let mut catalog = Catalog::default();
        catalog.add(version("mail", "1.0.0", &["mail"], uploaded(1)));
        catalog.add(version("mail", "1.0.0", &["mail"], prebuilt()));
        let found = catalog.find(&TenantId::default(), "mail", "1.0.0");
        assert_eq!(found.map(|version| version.is_prebuilt()), Some(false));
        assert!(catalog.find(&TenantId::new("other"), "mail", "1.0.0").is_none());
        assert!(catalog.find(&TenantId::default(), "mail", "1.0").is_none());
    }
}
