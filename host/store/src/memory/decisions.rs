//! Searches over decisions, the files that hold them, and what they came to.

use super::state::State;
use super::values::{Record, Value};
use crate::search::names::evaluation_state;
use crate::search::{
    DecisionEvaluationField, DecisionField, DecisionListing, DecisionRequirementsField, EvaluationRecord,
};
use crate::{DecisionRecord, DecisionRequirementsRecord};

/// A decision and whether it is the latest version.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) listing: DecisionListing,
    is_latest: bool,
}

impl State {
    pub(super) fn decisions(&self) -> impl Iterator<Item = Listed> {
        self.decisions.values().filter_map(|decision| {
            let requirements = self.decision_requirements.get(&decision.requirements)?;
            let listing = DecisionListing {
                decision: decision.clone(),
                requirements_id: requirements.requirements_id.clone(),
                requirements_name: requirements.name.clone(),
                requirements_version: requirements.version,
            };
            Some(Listed { listing, is_latest: self.is_latest(decision) })
        })
    }

    fn is_latest(&self, decision: &DecisionRecord) -> bool {
        !self.decisions.values().any(|other| {
            other.tenant == decision.tenant
                && other.decision_id == decision.decision_id
                && other.version > decision.version
        })
    }

    pub(super) fn evaluations(&self) -> impl Iterator<Item = EvaluationRecord> {
        self.instances.values().flat_map(|instance| {
            instance.decision_evaluations.values().map(|evaluation| {
                let decision = self.decisions.get(&evaluation.decision);
                EvaluationRecord {
                    evaluation: evaluation.clone(),
                    decision_name: decision.and_then(|decision| decision.name.clone()),
                    requirements: decision.map(|decision| decision.requirements),
                }
            })
        })
    }
}

impl Record<DecisionField> for Listed {
    fn value(&self, field: DecisionField) -> Value<'_> {
        use DecisionField as Field;
        let DecisionListing { decision, requirements_id, requirements_name, requirements_version } =
            &self.listing;
        match field {
            Field::DecisionDefinitionKey => decision.key.get().into(),
            Field::DecisionDefinitionId => (&decision.decision_id).into(),
            Field::Name => decision.name.as_ref().into(),
            Field::Version => i64::from(decision.version).into(),
            Field::DecisionRequirementsKey => decision.requirements.get().into(),
            Field::DecisionRequirementsId => requirements_id.into(),
            Field::DecisionRequirementsName => requirements_name.as_ref().into(),
            Field::DecisionRequirementsVersion => i64::from(*requirements_version).into(),
            Field::TenantId => decision.tenant.as_str().into(),
            Field::IsLatestVersion => i64::from(self.is_latest).into(),
        }
    }
}

impl Record<DecisionRequirementsField> for DecisionRequirementsRecord {
    fn value(&self, field: DecisionRequirementsField) -> Value<'_> {
        use DecisionRequirementsField as Field;
        match field {
            Field::DecisionRequirementsKey => self.key.get().into(),
            Field::DecisionRequirementsId => (&self.requirements_id).into(),
            Field::DecisionRequirementsName => self.name.as_ref().into(),
            Field::Version => i64::from(self.version).into(),
            Field::ResourceName => (&self.resource_name).into(),
            Field::TenantId => self.tenant.as_str().into(),
        }
    }
}

impl Record<DecisionEvaluationField> for EvaluationRecord {
    fn value(&self, field: DecisionEvaluationField) -> Value<'_> {
        use DecisionEvaluationField as Field;
        let evaluation = &self.evaluation;
        match field {
            Field::DecisionEvaluationKey => evaluation.key.get().into(),
            Field::ProcessInstanceKey => evaluation.instance.get().into(),
            Field::ProcessDefinitionKey => evaluation.definition.get().into(),
            Field::ElementInstanceKey => evaluation.element_instance.get().into(),
            Field::DecisionDefinitionKey => evaluation.decision.get().into(),
            Field::DecisionDefinitionId => (&evaluation.decision_id).into(),
            Field::DecisionDefinitionName => self.decision_name.as_ref().into(),
            Field::DecisionDefinitionVersion => i64::from(evaluation.decision_version).into(),
            Field::DecisionRequirementsKey => self.requirements.map(|key| key.get()).into(),
            Field::State => evaluation_state(evaluation).into(),
            Field::EvaluationDate => evaluation.at.into(),
            Field::EvaluationFailure => evaluation.outcome.as_ref().err().into(),
            Field::TenantId => evaluation.tenant.as_str().into(),
        }
    }

    fn bytes(&self) -> usize {
        let output = self.evaluation.outcome.as_ref().map_or(0, |output| output.as_str().len());
        output + self.evaluation.evaluated.as_str().len()
    }
}
