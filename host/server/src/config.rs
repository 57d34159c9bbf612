//! The settings of a host: from the command line, a file, and defaults, in this order.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sandbox::Limits;
use serde::Deserialize;
use types::TenantId;

use crate::host::Options;
use crate::retention::Settings;
use crate::vault::MasterKey;
use crate::workers::ComponentSettings;

/// The variable that holds the key of the secrets, in Base64, for hosts that must not have it on disk.
pub(crate) const SECRET_KEY_VARIABLE: &str = "FERMATA_SECRET_KEY";

/// The address without another setting.
pub(crate) const LISTEN: &str = "127.0.0.1:8080";

/// The data folder without another setting.
pub(crate) const DATA: &str = "fermata-data";

/// Partitions that a new database gets at most when it is not said how many: each is a loop that one processor can carry.
const PARTITIONS_BY_DEFAULT_MAX: usize = 8;

/// The folder beside the executable whose connectors a host offers.
const CONNECTORS_FOLDER: &str = "connectors";

/// The folder of a build whose connectors a host offers.
const BUILT_COMPONENTS_FOLDER: &str = "guests/components";

/// The configuration file. Every setting may be left out; paths are relative to the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    /// Address and port to listen on.
    listen: Option<String>,
    /// Names beside `localhost` and the address by which callers may know the host.
    host_names: Vec<String>,
    /// The data folder.
    data: Option<PathBuf>,
    /// The PostgreSQL database that keeps the state, instead of the data folder.
    database_url: Option<String>,
    /// Partitions of a new PostgreSQL database.
    partitions: Option<u16>,
    /// The folder with the connectors that the host offers.
    connectors: Option<PathBuf>,
    /// Jobs that run in components at the same time.
    concurrency: Option<u32>,
    /// A component as it is uploaded, in bytes.
    component_bytes_max: Option<usize>,
    /// What a job of a component may use where the component is granted nothing else.
    limits: Limits,
    /// PEM files with certificate authorities to trust beside the public ones.
    root_certificates: Vec<PathBuf>,
    /// How uploaded components are treated.
    components: ComponentSettings,
    /// How long finished instances are kept.
    retention: Settings,
    /// How jobs are shared out.
    dispatch: Dispatch,
}

/// How jobs are shared out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Dispatch {
    /// How many jobs tenants get in proportion to each other; one that is not named has weight 1.
    tenants: BTreeMap<String, NonZeroU16>,
}

/// What the command line says.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    /// Address and port to listen on.
    pub(crate) listen: Option<String>,
    /// Names by which callers may know the host; they add to those of the file.
    pub(crate) host_names: Vec<String>,
    /// The data folder.
    pub(crate) data: Option<PathBuf>,
    /// The PostgreSQL database.
    pub(crate) database_url: Option<String>,
    /// Partitions of a new PostgreSQL database.
    pub(crate) partitions: Option<u16>,
    /// The configuration file.
    pub(crate) config: Option<PathBuf>,
    /// The folder with the connectors that the host offers.
    pub(crate) connectors: Option<PathBuf>,
}

/// The settings of a host.
///
/// # Errors
/// The file cannot be read or has a setting that makes no sense.
pub(crate) fn options(overrides: Overrides) -> anyhow::Result<Options> {
    let mut file = File::default();
    if let Some(path) = &overrides.config {
        file = read(path).with_context(|| format!("the configuration {} cannot be used", path.display()))?;
    }
    let mut root_certificates = Vec::new();
    for path in &file.root_certificates {
        let found = certificates(path);
        root_certificates
            .extend(found.with_context(|| format!("the certificates {} cannot be used", path.display()))?);
    }
    let secret_key = match std::env::var(SECRET_KEY_VARIABLE) {
        Ok(text) => Some(MasterKey::parse(&text, SECRET_KEY_VARIABLE)?),
        Err(std::env::VarError::NotPresent) => None,
        Err(error) => bail!("{SECRET_KEY_VARIABLE} cannot be read: {error}"),
    };
    let mut host_names = file.host_names;
    host_names.extend(overrides.host_names);
    if let Some(name) = host_names.iter().find(|name| !is_host_name(name)) {
        bail!("`{name}` is no name of a host: leave scheme and port out, as in `fermata.example`");
    }
    let database_url = overrides.database_url.or(file.database_url);
    let partitions = partitions(overrides.partitions.or(file.partitions), database_url.is_some())?;
    Ok(Options {
        host_names,
        listen: overrides.listen.or(file.listen).unwrap_or_else(|| LISTEN.to_owned()),
        data: overrides.data.or(file.data).unwrap_or_else(|| DATA.into()),
        database_url,
        partitions,
        connectors: overrides.connectors.or(file.connectors).or_else(connectors_beside_executable),
        concurrency: file.concurrency.unwrap_or(sandbox::CONCURRENCY),
        component_bytes_max: file.component_bytes_max.unwrap_or(sandbox::COMPONENT_BYTES_MAX),
        components: file.components,
        limits: file.limits,
        root_certificates,
        retention: file.retention,
        tenant_weights: file
            .dispatch
            .tenants
            .into_iter()
            .map(|(id, weight)| (TenantId::new(id), weight))
            .collect(),
        secret_key,
    })
}

fn read(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path)?;
    let mut file: File = toml::from_str(&text)?;
    if file.concurrency == Some(0) {
        bail!("`concurrency` is 0: no job could ever run");
    }
    if file.component_bytes_max.is_some_and(|bytes| bytes > api::COMPONENT_BYTES_MAX) {
        bail!("`component_bytes_max` is at most {}", api::COMPONENT_BYTES_MAX);
    }
    file.components.check()?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let paths = [&mut file.data, &mut file.connectors, &mut file.retention.export].into_iter().flatten();
    for path in paths.chain(&mut file.root_certificates) {
        *path = folder.join(&path);
    }
    Ok(file)
}

/// How many partitions a new database gets: by default as many as there are processors, up to a few.
fn partitions(asked: Option<u16>, is_postgres: bool) -> anyhow::Result<NonZeroU16> {
    match asked {
        None if is_postgres => {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            Ok(NonZeroU16::new(processors.min(PARTITIONS_BY_DEFAULT_MAX) as u16).unwrap_or(NonZeroU16::MIN))
        }
        None | Some(1) => Ok(NonZeroU16::MIN),
        Some(_) if !is_postgres => {
            bail!("`partitions` is for PostgreSQL: a database in the data folder has one")
        }
        Some(asked) => NonZeroU16::new(asked)
            .filter(|asked| asked.get() <= types::PARTITION_ID_MAX)
            .with_context(|| format!("`partitions` is from 1 to {}", types::PARTITION_ID_MAX)),
    }
}

/// Whether this is what a URL has between scheme and port, other than an address.
fn is_host_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(is_part))
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        bail!("the file holds no certificate");
    }
    Ok(certificates)
}

/// What an installation brings, or what `cargo xtask guests` has built beside a build of the host.
fn connectors_beside_executable() -> Option<PathBuf> {
    let executable = std::env::current_exe().ok()?;
    let folder = executable.parent()?;
    let mut found = vec![folder.join(CONNECTORS_FOLDER)];
    if let Some(target) = folder.parent().filter(|target| target.ends_with("target")) {
        found.push(target.join(BUILT_COMPONENTS_FOLDER));
    }
    found.into_iter().find(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn with_file(text: &str, overrides: Overrides) -> anyhow::Result<Options> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("fermata.toml");
        std::fs::write(&path, text)?;
        let mut options = options(Overrides { config: Some(path), ..overrides })?;
        options.data = options.data.strip_prefix(folder.path()).map(Path::to_owned).unwrap_or(options.data);
        Ok(options)
    }

    #[test]
    fn the_command_line_goes_before_the_file() -> anyhow::Result<()> {
        let text = "listen = '0.0.0.0:80'\ndata = 'state'\nconcurrency = 8\n[limits]\nwall_time_ms = 1000\n";
        let options = with_file(text, Overrides::default())?;
        assert_eq!((options.listen.as_str(), options.data.as_path()), ("0.0.0.0:80", Path::new("state")));
        assert_eq!((options.concurrency, options.limits.wall_time), (8, Duration::from_secs(1)));
        let overrides = Overrides {
            listen: Some("[::1]:0".to_owned()),
            data: Some("/elsewhere".into()),
            ..Default::default()
        };
        let options = with_file(text, overrides)?;
        assert_eq!((options.listen.as_str(), options.data.as_path()), ("[::1]:0", Path::new("/elsewhere")));
        Ok(())
    }

    #[test]
    fn names_of_the_host_add_up() -> anyhow::Result<()> {
        let overrides = Overrides { host_names: vec!["b.example".to_owned()], ..Default::default() };
        let options = with_file("host_names = ['a.example']\n", overrides)?;
        assert_eq!(options.host_names, ["a.example", "b.example"]);
        Ok(())
    }

    #[test]
    fn a_setting_that_makes_no_sense_is_refused() {
        for (text, expected) in [
            ("port = 80", "unknown field `port`"),
            ("[limits]\nmemory = 1", "did you mean `memory_bytes`?"),
            ("[limits]\nwall_time_ms = 0", "line 2, column 16"),
            ("[limits]\nwall_time_ms = 0", "limit `wall_time_ms` is 0 ms, expected 1 ms to 24 h"),
            ("partitions = 2", "is for PostgreSQL"),
            ("partitions = 5000\ndatabase_url = 'postgres://localhost/fermata'", "is from 1 to 4095"),
            ("concurrency = 0", "no job could ever run"),
            ("component_bytes_max = 99000000", "is at most 67108864"),
            ("[components]\ncompile_memory_bytes = 1000", "is at least 268435456"),
            ("[components]\ncompile_seconds = 0", "nothing could ever be compiled"),
            ("[components]\nsignatures = 'required'", "`trusted_keys` names no key"),
            ("[components]\nsignatures = 'never'", "unknown variant `never`"),
            ("[components]\ntrusted_keys = ['ed25519:AAAA']", "a public key is written `ed25519:KEY`"),
            ("[components]\ncompile_minutes = 1", "unknown field `compile_minutes`"),
            ("host_names = ['http://fermata.example']", "is no name of a host"),
            ("host_names = ['fermata.example:8080']", "is no name of a host"),
            ("root_certificates = ['missing.pem']", "missing.pem cannot be used"),
            ("[retention]\ndefault = '30 days'", "line 2, column 11"),
            ("[retention]\nkeep = 'P1D'", "unknown field `keep`"),
            ("listen = ", "fermata.toml cannot be used"),
        ] {
            let message =
                with_file(text, Overrides::default()).map(drop).map_err(|error| format!("{error:#}"));
            assert!(message.as_ref().is_err_and(|message| message.contains(expected)), "{text}: {message:?}");
        }
    }
}
