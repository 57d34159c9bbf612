//! Forms and other files that are no models.

use engine::KeyRange;
use fermata_store::{Error, FileRecord, NewDeployment, ResourceRecord, Store, VersionChoice};
use types::{FileKind, Key, PartitionId, TenantId};

use crate::scene::{deployment, tenant};

const PARTITION: PartitionId = PartitionId::FIRST;

/// Version `version` of the form `order` and of a file that is called like it.
fn with_files(keys: &mut KeyRange, version: u32) -> NewDeployment {
    let mut new = deployment(keys, &tenant(), version);
    for (kind, name) in [(FileKind::Form, "order.form"), (FileKind::Resource, "order")] {
        let checksum = [100 + version as u8 + u8::from(kind == FileKind::Form) * 10; 32];
        new.resources.push(ResourceRecord {
            deployment: new.deployment.key,
            name: name.into(),
            checksum,
            content: format!("{name} {version}").into_bytes(),
        });
        new.files.push(FileRecord {
            key: keys.next_key().into(),
            deployment: new.deployment.key,
            tenant: tenant(),
            kind,
            id: "order".into(),
            version,
            version_tag: (kind == FileKind::Form && version == 1).then(|| "first".into()),
            resource_name: name.into(),
            checksum,
        });
    }
    new.next_key_counter = keys.next_counter();
    new
}

pub(crate) async fn files_are_found_by_what_is_meant(store: &dyn Store) {
    let mut keys = KeyRange::new(PARTITION, 1);
    let versions = [1, 2].map(|version| with_files(&mut keys, version));
    for new in &versions {
        store.deploy(PARTITION, new.clone()).await.unwrap();
    }
    let [first, second] = &versions;
    let find = async |kind, choice| store.file_of(&tenant(), kind, "order", choice).await.unwrap();
    for (index, kind) in [FileKind::Form, FileKind::Resource].into_iter().enumerate() {
        let [old, new] = [first, second].map(|version| Some(version.files[index].clone()));
        assert_eq!(find(kind, VersionChoice::Latest).await, new);
        assert_eq!(find(kind, VersionChoice::Number(1)).await, old);
        assert_eq!(find(kind, VersionChoice::Deployment(first.deployment.key)).await, old);
        let key = second.files[index].key;
        assert_eq!(store.file(key).await.unwrap(), new);
        let content = store.file_content(key).await.unwrap().unwrap();
        assert_eq!(content, second.resources[index + 1]);
    }
    let tagged = VersionChoice::Tag("first");
    assert_eq!(find(FileKind::Form, tagged).await.as_ref(), Some(&first.files[0]));
    assert_eq!(find(FileKind::Resource, tagged).await, None);
    let others = TenantId::new("others");
    let theirs = store.file_of(&others, FileKind::Form, "order", VersionChoice::Latest).await.unwrap();
    assert_eq!(theirs, None);
    let nobodys = Key::new(PARTITION, 999).into();
    assert_eq!(store.file(nobodys).await.unwrap(), None);
    assert_eq!(store.file_content(nobodys).await.unwrap(), None);

    let mut again = with_files(&mut keys, 3);
    again.files[0].version = 2;
    let refused = store.deploy(PARTITION, again.clone()).await;
    assert!(matches!(refused, Err(Error::Conflict { what: "file version", .. })), "{refused:?}");
    assert!(store.definition(again.definitions[0].key).await.unwrap().is_none());
}
