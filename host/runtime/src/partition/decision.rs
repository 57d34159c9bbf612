//! Decisions that business rule tasks evaluate.

use std::sync::Arc;

use engine::Command;
use engine::command::CalledDecision;
use engine::outgoing::EvaluateDecision;
use store::VersionChoice;

use super::Partition;
use super::pending::Pending;
use crate::error::Error;

impl Partition {
    /// Finds a decision for an instance, which evaluates it.
    ///
    /// # Errors
    /// The store does not answer, and nothing was done.
    pub(super) async fn evaluate_decision(
        &mut self,
        evaluate: EvaluateDecision,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let decision = match self.called_decision(&evaluate).await {
            Err(Error::Damaged(reason)) => {
                tracing::error!(decision = %evaluate.decision_id, %reason, "a decision cannot be evaluated");
                Err("what is stored of the decision makes no sense: the host's log says more".to_owned())
            }
            found => found?,
        };
        let element_instance = evaluate.element_instance;
        let command = Command::EvaluateDecision { element_instance, decision };
        self.tell(evaluate.instance, command, pending).await?;
        Ok(())
    }

    /// The version that is meant, or why there is none.
    async fn called_decision(
        &self,
        evaluate: &EvaluateDecision,
    ) -> Result<Result<Arc<CalledDecision>, String>, Error> {
        let id = &evaluate.decision_id;
        let choice = match (&evaluate.version_tag, evaluate.deployed_with) {
            (Some(tag), _) => VersionChoice::Tag(tag),
            (None, Some(definition)) => match self.shared.store.definition(definition).await? {
                Some(record) => VersionChoice::Deployment(record.deployment),
                None => return Err(Error::Damaged(format!("process definition {definition} is not stored"))),
            },
            (None, None) => VersionChoice::Latest,
        };
        let found = self.shared.decisions.find(&evaluate.tenant, id, choice).await?;
        Ok(found.map(|decision| Arc::new(decision.into_called())).ok_or_else(|| match choice {
            VersionChoice::Tag(tag) => format!("no version of decision `{id}` has the version tag `{tag}`"),
            VersionChoice::Deployment(_) => {
                format!("no decision `{id}` was deployed together with the process")
            }
            VersionChoice::Latest | VersionChoice::Number(_) => format!("no decision `{id}` is deployed"),
        }))
    }
}
