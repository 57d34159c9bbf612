//! Forms and other files that instances link to.

use engine::Command;
use engine::command::MissingFile;
use engine::outgoing::{FindFiles, WantedFile};
use store::VersionChoice;
use types::{FileKind, ResourceKey, TenantId};

use super::Partition;
use super::pending::Pending;
use crate::error::Error;

impl Partition {
    /// Finds the files that a task of an instance links to, and lets it go on with them.
    ///
    /// # Errors
    /// The store does not answer, and nothing was done.
    pub(super) async fn find_files(&mut self, find: FindFiles, pending: &mut Pending) -> Result<(), Error> {
        let mut files = Ok(Vec::with_capacity(find.files.len()));
        for wanted in &find.files {
            match (self.linked_file(&find.tenant, wanted).await?, &mut files) {
                (Ok(key), Ok(found)) => found.push(key),
                (Ok(_), Err(_)) => break,
                (Err(message), _) => {
                    files = Err(MissingFile { kind: wanted.kind, message });
                    break;
                }
            }
        }
        let command = Command::UseFiles { element_instance: find.element_instance, files };
        self.tell(find.instance, command, pending).await?;
        Ok(())
    }

    /// The version that is meant, or why there is none.
    async fn linked_file(
        &self,
        tenant: &TenantId,
        wanted: &WantedFile,
    ) -> Result<Result<ResourceKey, String>, Error> {
        let store = &self.shared.store;
        let choice = match (&wanted.version_tag, wanted.deployed_with) {
            (Some(tag), _) => VersionChoice::Tag(tag),
            (None, Some(definition)) => match store.definition(definition).await? {
                Some(record) => VersionChoice::Deployment(record.deployment),
                None => return Ok(Err(format!("process definition {definition} is not stored"))),
            },
            (None, None) => VersionChoice::Latest,
        };
        let found = store.file_of(tenant, wanted.kind, &wanted.id, choice).await?;
        Ok(found.map(|file| file.key).ok_or_else(|| missing(wanted, choice)))
    }
}

fn missing(wanted: &WantedFile, choice: VersionChoice<'_>) -> String {
    let what = match wanted.kind {
        FileKind::Form => "form",
        FileKind::Resource => "resource",
    };
    let id = &wanted.id;
    match choice {
        VersionChoice::Tag(tag) => format!(
            "no version of {what} `{id}` has the version tag `{tag}`: deploy one and resolve the incident"
        ),
        VersionChoice::Deployment(_) => format!(
            "no {what} `{id}` was deployed together with the process: deploy both together and migrate the instance"
        ),
        VersionChoice::Latest | VersionChoice::Number(_) => {
            format!("no {what} `{id}` is deployed: deploy it and resolve the incident")
        }
    }
}
