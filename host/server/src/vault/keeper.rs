//! Keeps the secrets of an installation.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use sandbox::{SecretName, SecretString};
use store::{Removal, SecretRecord, Store};
use types::{Actor, SharedStr, TenantId, Timestamp};

use super::key::{MasterKey, Purpose};
use super::seal::{Place, Sealer};

/// The value of one secret, in bytes.
const VALUE_BYTES_MAX: usize = 64 << 10;

/// Secrets of an installation.
const SECRETS_MAX: usize = 10_000;

/// By tenant, then name.
type Sealed = BTreeMap<TenantId, BTreeMap<SharedStr, SecretRecord>>;

/// Keeps the secrets of an installation: sealed in the store, and sealed in memory.
pub(crate) struct Vault {
    store: Arc<dyn Store>,
    sealer: Sealer,
    sealed: RwLock<Sealed>,
    /// Held while the store is written, so that memory and store count the same versions.
    writing: tokio::sync::Mutex<()>,
}

/// Why the secrets cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The key is not the one that they were sealed with: it opens none of them.
    #[error(
        "secret `{name}` does not open with this key, and no other does: restore the `secret.key` that belongs to this \
         data folder, or give its content in FERMATA_SECRET_KEY"
    )]
    WrongKey {
        /// The first of them.
        name: SharedStr,
    },
}

/// Why a secret was not read or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The name or the value is not acceptable.
    #[error("{0}")]
    Invalid(String),
    /// The value is larger than is kept.
    #[error("the value of secret `{name}` takes {bytes} bytes, the limit is {VALUE_BYTES_MAX}")]
    TooLarge {
        /// The secret.
        name: SharedStr,
        /// The value's size.
        bytes: usize,
    },
    /// There is no room for another one.
    #[error(
        "there are {SECRETS_MAX} secrets already, the limit is reached: remove some with `fermata secret remove`"
    )]
    LimitReached,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The sealed value was changed in the database.
    #[error("secret `{0}` does not open: its row was changed outside of fermata; set it again")]
    Damaged(SharedStr),
    /// The row in the database is not the one that this process has written last.
    #[error(
        "secret `{name}` has version {found} in the store, expected {expected}: it was changed outside of this process; \
         restart fermata, then set it again"
    )]
    ChangedElsewhere {
        /// The secret.
        name: SharedStr,
        /// The version that this process knows; 0 is that of a secret that is not there.
        expected: u32,
        /// The version in the store.
        found: u32,
    },
}

impl Vault {
    /// Takes the secrets from the store and makes sure that `key` is theirs.
    ///
    /// A key that opens one of them is the right one: those that it does not open are damaged, and reported.
    /// Jobs that need them fail, and others go on.
    pub(crate) async fn open(store: Arc<dyn Store>, key: &MasterKey) -> Result<Self, OpenError> {
        let sealer = Sealer::new(&key.derive(Purpose::Secrets));
        let mut sealed = Sealed::new();
        let (mut opened, mut damaged) = (0_usize, Vec::new());
        for record in store.secrets().await? {
            match sealer.open(place(&record), &record.sealed) {
                Ok(_) => opened += 1,
                Err(_) => damaged.push(Error::Damaged(record.name.clone())),
            }
            sealed.entry(record.tenant.clone()).or_default().insert(record.name.clone(), record);
        }
        if let (0, Some(Error::Damaged(name))) = (opened, damaged.first()) {
            return Err(OpenError::WrongKey { name: name.clone() });
        }
        for error in &damaged {
            tracing::error!("{error}");
        }
        Ok(Self { store, sealer, sealed: RwLock::new(sealed), writing: tokio::sync::Mutex::default() })
    }

    /// The value of a secret; `None` when it has none.
    pub(crate) fn reveal(&self, tenant: &TenantId, name: &str) -> Result<Option<SecretString>, Error> {
        let sealed = self.read();
        let Some(record) = sealed.get(tenant).and_then(|secrets| secrets.get(name)) else { return Ok(None) };
        let value = self.sealer.open(place(record), &record.sealed);
        value.map(Some).map_err(|_| Error::Damaged(record.name.clone()))
    }

    /// All secrets of a tenant, sealed, by name.
    pub(crate) fn list(&self, tenant: &TenantId) -> Vec<SecretRecord> {
        self.read().get(tenant).map(|secrets| secrets.values().cloned().collect()).unwrap_or_default()
    }

    /// Creates or replaces a secret; returns its version.
    pub(crate) async fn put(
        &self,
        tenant: TenantId,
        actor: Actor,
        name: &str,
        value: &str,
        at: Timestamp,
        reason: &str,
    ) -> Result<u32, Error> {
        let name = check_name(name)?;
        check_value(&name, value)?;
        let _writing = self.writing.lock().await;
        let present = self.present_version(&tenant, &name)?;
        self.check_store(&tenant, &name, present).await?;
        let last = if present > 0 { present } else { self.last_version(&tenant, &name).await? };
        let version = last + 1;
        let mut record =
            SecretRecord { version, sealed: Vec::new(), changed_at: at, changed_by: actor, tenant, name };
        record.sealed = self.sealer.seal(place(&record), value)?;
        self.store.put_secret(record.clone(), reason).await?;
        self.write().entry(record.tenant.clone()).or_default().insert(record.name.clone(), record);
        Ok(version)
    }

    /// Makes sure that the store will count the version that the value is sealed for: it would not open under another.
    /// The data folder is locked by this process, so nobody writes between this look and the write.
    async fn check_store(&self, tenant: &TenantId, name: &SharedStr, expected: u32) -> Result<(), Error> {
        let stored = self.store.secrets().await?;
        let found = stored.iter().find(|record| record.tenant == *tenant && record.name == *name);
        match found.map_or(0, |record| record.version) {
            found if found == expected => Ok(()),
            found => Err(Error::ChangedElsewhere { name: name.clone(), expected, found }),
        }
    }

    /// Removes a secret; false when there is none.
    pub(crate) async fn remove(
        &self,
        tenant: &TenantId,
        name: &str,
        removal: Removal,
        reason: &str,
    ) -> Result<bool, Error> {
        let _writing = self.writing.lock().await;
        let removed = self.store.delete_secret(tenant, name, removal, reason).await?;
        if let Some(secrets) = self.write().get_mut(tenant) {
            secrets.remove(name);
        }
        Ok(removed)
    }

    /// The last version of a secret that was removed; 0 when there never was one.
    async fn last_version(&self, tenant: &TenantId, name: &str) -> Result<u32, Error> {
        let changes = self.store.secret_changes(tenant, name, None, 1).await?;
        Ok(changes.first().map_or(0, |change| change.version))
    }

    /// The version of a secret; 0 when it is not there.
    fn present_version(&self, tenant: &TenantId, name: &str) -> Result<u32, Error> {
        let sealed = self.read();
        if let Some(present) = sealed.get(tenant).and_then(|secrets| secrets.get(name)) {
            return Ok(present.version);
        }
        if sealed.values().map(BTreeMap::len).sum::<usize>() >= SECRETS_MAX {
            return Err(Error::LimitReached);
        }
        Ok(0)
    }

    fn read(&self) -> RwLockReadGuard<'_, Sealed> {
        self.sealed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Sealed> {
        self.sealed.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(record: &SecretRecord) -> Place<'_> {
    Place { tenant: &record.tenant, name: &record.name, version: record.version }
}

/// Grants and models name a secret, so its name is one that a grant can have.
fn check_name(name: &str) -> Result<SharedStr, Error> {
    if name.parse::<SecretName>().is_err() {
        let shown: String = name.chars().take(100).collect();
        return Err(Error::Invalid(format!(
            "`{shown}` is not a secret's name: use at most 64 letters, digits and underscores, not a digit first"
        )));
    }
    Ok(name.into())
}

fn check_value(name: &str, value: &str) -> Result<(), Error> {
    if value.is_empty() {
        return Err(Error::Invalid(format!("the value of secret `{name}` is empty")));
    }
    if value.len() > VALUE_BYTES_MAX {
        return Err(Error::TooLarge { name: name.into(), bytes: value.len() });
    }
    Ok(())
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

#[cfg(test)]
mod tests {
    use store::memory::MemoryStore;
    use store::sqlite::{Options, SqliteStore};

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    async fn open_store(folder: &std::path::Path) -> anyhow::Result<Arc<dyn Store>> {
        Ok(Arc::new(SqliteStore::open(folder, Options::default()).await?))
    }

    async fn set(vault: &Vault, name: &str, value: &str) -> Result<u32, Error> {
        vault.put(TenantId::default(), Actor::default(), name, value, AT, "").await
    }

    fn value(vault: &Vault, name: &str) -> anyhow::Result<Option<String>> {
        let value = vault.reveal(&TenantId::default(), name)?;
        Ok(value.map(|value| value.expose().to_owned()))
    }

    #[tokio::test]
    async fn secrets_outlive_the_process_and_are_sealed_on_disk() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let key = MasterKey::random()?;
        {
            let vault = Vault::open(open_store(folder.path()).await?, &key).await?;
            assert_eq!(set(&vault, "KEY", "hunter2-first").await?, 1);
            assert_eq!(set(&vault, "KEY", "hunter2-second").await?, 2);
            assert_eq!(set(&vault, "OTHER", "hunter2-other").await?, 1);
            assert!(vault.remove(&TenantId::default(), "OTHER", removal(), "").await?);
            assert!(!vault.remove(&TenantId::default(), "OTHER", removal(), "").await?);
        }
        let vault = Vault::open(open_store(folder.path()).await?, &key).await?;
        assert_eq!(value(&vault, "KEY")?.as_deref(), Some("hunter2-second"));
        assert_eq!(value(&vault, "OTHER")?, None);
        assert_eq!(vault.list(&TenantId::default()).len(), 1);
        assert!(!format!("{vault:?} {:?}", vault.list(&TenantId::default())).contains("hunter2"));
        let mut files = 0;
        for entry in std::fs::read_dir(folder.path())? {
            let bytes = std::fs::read(entry?.path())?;
            assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
            files += 1;
        }
        assert!(files >= 2, "the database and its lock are there");
        Ok(())
    }

    fn removal() -> Removal {
        Removal { at: AT, by: Actor::default() }
    }

    #[tokio::test]
    async fn a_secret_that_comes_back_counts_on_and_opens() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let (store, key) = (open_store(folder.path()).await?, MasterKey::random()?);
        let vault = Vault::open(Arc::clone(&store), &key).await?;
        assert_eq!((set(&vault, "KEY", "hunter2").await?, set(&vault, "KEY", "hunter3").await?), (1, 2));
        assert!(vault.remove(&TenantId::default(), "KEY", removal(), "").await?);
        assert_eq!(set(&vault, "KEY", "hunter4").await?, 3);
        assert_eq!(set(&vault, "KEY", "hunter5").await?, 4);
        assert_eq!(value(&Vault::open(store, &key).await?, "KEY")?.as_deref(), Some("hunter5"));
        Ok(())
    }

    #[tokio::test]
    async fn another_key_opens_nothing() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let store = open_store(folder.path()).await?;
        let vault = Vault::open(Arc::clone(&store), &MasterKey::random()?).await?;
        set(&vault, "KEY", "hunter2").await?;
        let other = Vault::open(store, &MasterKey::random()?).await;
        assert!(matches!(&other, Err(OpenError::WrongKey { name }) if **name == *"KEY"), "{other:?}");
        Ok(())
    }

    #[tokio::test]
    async fn a_damaged_secret_does_not_keep_the_others_from_their_jobs() -> anyhow::Result<()> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let key = MasterKey::random()?;
        let vault = Vault::open(Arc::clone(&store), &key).await?;
        set(&vault, "GOOD", "hunter2").await?;
        set(&vault, "BROKEN", "hunter3").await?;
        let mut record = vault.list(&TenantId::default()).remove(0);
        assert_eq!(&*record.name, "BROKEN");
        store.delete_secret(&record.tenant, &record.name, removal(), "").await?;
        record.sealed[30] ^= 1;
        store.put_secret(record, "").await?;

        let vault = Vault::open(store, &key).await?;
        assert_eq!(value(&vault, "GOOD")?.as_deref(), Some("hunter2"));
        let broken = vault.reveal(&TenantId::default(), "BROKEN").map(drop);
        assert!(matches!(&broken, Err(Error::Damaged(name)) if **name == *"BROKEN"), "{broken:?}");
        // Setting it again heals it.
        set(&vault, "BROKEN", "hunter4").await?;
        assert_eq!(value(&vault, "BROKEN")?.as_deref(), Some("hunter4"));
        Ok(())
    }

    #[tokio::test]
    async fn a_secret_that_changed_behind_our_back_is_not_written_over() -> anyhow::Result<()> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let key = MasterKey::random()?;
        let vault = Vault::open(Arc::clone(&store), &key).await?;
        set(&vault, "KEY", "hunter2").await?;
        let other = Vault::open(Arc::clone(&store), &key).await?;
        set(&other, "KEY", "hunter3").await?;
        let refused = set(&vault, "KEY", "hunter4").await;
        assert!(
            matches!(&refused, Err(Error::ChangedElsewhere { expected: 1, found: 2, .. })),
            "{refused:?}"
        );
        assert_eq!(value(&Vault::open(store, &key).await?, "KEY")?.as_deref(), Some("hunter3"));
        Ok(())
    }

    #[tokio::test]
    async fn names_and_values_have_limits() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let vault = Vault::open(open_store(folder.path()).await?, &MasterKey::random()?).await?;
        for (name, value) in [
            ("2KEY", "x".to_owned()),
            ("MY KEY", "x".to_owned()),
            ("", "x".to_owned()),
            ("KEY", String::new()),
        ] {
            assert!(matches!(set(&vault, name, &value).await, Err(Error::Invalid(_))), "{name}");
        }
        let large = set(&vault, "KEY", &"x".repeat(VALUE_BYTES_MAX + 1)).await;
        assert!(matches!(large, Err(Error::TooLarge { bytes, .. }) if bytes == VALUE_BYTES_MAX + 1));
        assert!(vault.list(&TenantId::default()).is_empty());
        Ok(())
    }
}
