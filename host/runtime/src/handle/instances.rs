//! What operators do to running instances.

use engine::Command;
use engine::command::{AdHocActivity, MigrateInstance, ModifyInstance};
use types::{Actor, ElementInstanceKey, ProcessInstanceKey};

use super::Handle;
use crate::error::Error;
use crate::inbox::Target;

impl Handle {
    /// Changes what is active in an instance: all of it, or nothing.
    pub async fn modify_instance(
        &self,
        key: ProcessInstanceKey,
        modify: ModifyInstance,
        actor: Actor,
    ) -> Result<(), Error> {
        self.command(Target::Instance(key), Command::ModifyInstance(modify), actor).await
    }

    /// Lets an instance go on with another version of its process.
    pub async fn migrate_instance(
        &self,
        key: ProcessInstanceKey,
        migrate: MigrateInstance,
        actor: Actor,
    ) -> Result<(), Error> {
        self.command(Target::Instance(key), Command::MigrateInstance(migrate), actor).await
    }

    /// Holds an instance: no token moves, no job is handed out, no timer fires.
    pub async fn suspend_instance(&self, key: ProcessInstanceKey, actor: Actor) -> Result<(), Error> {
        self.command(Target::Instance(key), Command::SuspendInstance, actor).await
    }

    /// Lets an instance go on that is held.
    pub async fn unsuspend_instance(&self, key: ProcessInstanceKey, actor: Actor) -> Result<(), Error> {
        self.command(Target::Instance(key), Command::UnsuspendInstance, actor).await
    }

    /// Activates activities of an ad-hoc sub-process.
    pub async fn activate_ad_hoc(
        &self,
        element_instance: ElementInstanceKey,
        activities: Vec<AdHocActivity>,
        cancels_remaining: bool,
        actor: Actor,
    ) -> Result<(), Error> {
        let command = Command::ActivateAdHoc { element_instance, activities, cancels_remaining };
        self.command(Target::Element(element_instance), command, actor).await
    }
}
