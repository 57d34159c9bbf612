//! Asking decisions.

use engine::{EntityKind, Rejection};
use store::VersionChoice;
use types::{DecisionKey, TenantId, Variables};

use super::Handle;
use crate::decisions::{Decided, Decision};
use crate::error::Error;

/// Names a decision.
#[derive(Clone, Debug)]
pub enum DecisionChoice {
    /// This version.
    Key(DecisionKey),
    /// The latest version of this decision.
    Latest(String),
}

impl Handle {
    /// Evaluates a decision; nothing is kept of it.
    ///
    /// # Errors
    /// There is no such decision. One that comes to nothing is no error: [`Decided`] tells why.
    pub async fn evaluate_decision(
        &self,
        tenant: &TenantId,
        choice: &DecisionChoice,
        variables: Variables,
    ) -> Result<(Decision, Decided), Error> {
        let decisions = &self.shared.decisions;
        let found = match choice {
            DecisionChoice::Key(key) => {
                decisions.get(*key).await?.filter(|found| found.record.tenant == *tenant)
            }
            DecisionChoice::Latest(id) => decisions.find(tenant, id, VersionChoice::Latest).await?,
        };
        let decision = found.ok_or_else(|| match choice {
            DecisionChoice::Key(key) => Rejection::NotFound { kind: EntityKind::Decision, key: key.0 },
            DecisionChoice::Latest(id) => {
                Rejection::UnknownName { kind: EntityKind::Decision, name: id.clone() }
            }
        })?;
        let at = self.shared.clock.now();
        let seed = super::seed()?;
        // It may compute for some tenths of a second, which must not hold up others.
        let evaluated = tokio::task::spawn_blocking(move || {
            decision.evaluate(&variables, at, seed).map(|decided| (decision, decided))
        });
        evaluated.await.map_err(|error| Error::Damaged(error.to_string()))?
    }
}
