//! Searches over decisions, the files that hold them, and what they came to.

use super::columns::Column::{self, Flag, Long, Names, Nullable, Required};
use super::entities::Entity;
use crate::search::names::{EVALUATED, EVALUATION_FAILED};
use crate::search::{
    DecisionEvaluationField, DecisionField, DecisionListing, DecisionRequirementsField, EvaluationRecord,
};
use crate::sql::columns::Columns;
use crate::sql::decisions;
use crate::sql::tables::decision_evaluation;
use crate::{DecisionRequirementsRecord, Error};

impl Entity for DecisionField {
    type Record = DecisionListing;

    const FROM: &'static str = "decision d JOIN decision_requirements q ON q.key = d.requirements_key";
    const COLUMNS: &'static [&'static str] =
        &[decisions::DECISION_COLUMNS, "q.requirements_id, q.name, q.version"];

    fn column(self) -> Column {
        match self {
            Self::DecisionDefinitionKey => Required("d.key"),
            Self::DecisionDefinitionId => Required("d.decision_id"),
            Self::Name => Nullable("d.name"),
            Self::Version => Required("d.version"),
            Self::DecisionRequirementsKey => Required("d.requirements_key"),
            Self::DecisionRequirementsId => Required("q.requirements_id"),
            Self::DecisionRequirementsName => Nullable("q.name"),
            Self::DecisionRequirementsVersion => Required("q.version"),
            Self::TenantId => Required("d.tenant_id"),
            Self::IsLatestVersion => Flag(
                "d.version = (SELECT max(o.version) FROM decision o \
                 WHERE o.tenant_id = d.tenant_id AND o.decision_id = d.decision_id)",
            ),
        }
    }

    fn read(columns: &mut Columns<'_>) -> Result<DecisionListing, Error> {
        Ok(DecisionListing {
            decision: decisions::read_decision(columns)?,
            requirements_id: columns.text()?,
            requirements_name: columns.optional_text()?,
            requirements_version: columns.number()?,
        })
    }
}

impl Entity for DecisionRequirementsField {
    type Record = DecisionRequirementsRecord;

    const FROM: &'static str = decisions::REQUIREMENTS_FROM;
    const COLUMNS: &'static [&'static str] = &[decisions::REQUIREMENTS_COLUMNS];

    fn column(self) -> Column {
        match self {
            Self::DecisionRequirementsKey => Required("d.key"),
            Self::DecisionRequirementsId => Required("d.requirements_id"),
            Self::DecisionRequirementsName => Nullable("d.name"),
            Self::Version => Required("d.version"),
            Self::ResourceName => Required("d.resource_name"),
            Self::TenantId => Required("d.tenant_id"),
        }
    }

    fn read(columns: &mut Columns<'_>) -> Result<DecisionRequirementsRecord, Error> {
        decisions::read_requirements(columns)
    }
}

const STATES: &[(&str, &str)] =
    &[(EVALUATED, "v.failure IS NULL"), (EVALUATION_FAILED, "v.failure IS NOT NULL")];

impl Entity for DecisionEvaluationField {
    type Record = EvaluationRecord;

    const FROM: &'static str = "decision_evaluation v LEFT JOIN decision n ON n.key = v.decision_key";
    const COLUMNS: &'static [&'static str] = &[
        "v.key, v.process_instance_key, v.definition_key, v.tenant_id, v.element_instance_key, v.element_id, \
         v.decision_key, v.decision_id, v.decision_version, v.output, v.failure, v.evaluated, v.evaluated_at",
        "n.name, n.requirements_key",
    ];

    fn column(self) -> Column {
        match self {
            Self::DecisionEvaluationKey => Required("v.key"),
            Self::ProcessInstanceKey => Required("v.process_instance_key"),
            Self::ProcessDefinitionKey => Required("v.definition_key"),
            Self::ElementInstanceKey => Required("v.element_instance_key"),
            Self::DecisionDefinitionKey => Required("v.decision_key"),
            Self::DecisionDefinitionId => Required("v.decision_id"),
            Self::DecisionDefinitionName => Nullable("n.name"),
            Self::DecisionDefinitionVersion => Required("v.decision_version"),
            Self::DecisionRequirementsKey => Nullable("n.requirements_key"),
            Self::State => Names(STATES),
            Self::EvaluationDate => Required("v.evaluated_at"),
            Self::EvaluationFailure => Long("v.failure"),
            Self::TenantId => Required("v.tenant_id"),
        }
    }

    fn read(columns: &mut Columns<'_>) -> Result<EvaluationRecord, Error> {
        Ok(EvaluationRecord {
            evaluation: decision_evaluation::read(columns)?,
            decision_name: columns.optional_text()?,
            requirements: columns.optional_key()?,
        })
    }

    fn bytes(record: &EvaluationRecord) -> usize {
        let output = record.evaluation.outcome.as_ref().map_or(0, |output| output.as_str().len());
        output + record.evaluation.evaluated.as_str().len()
    }
}
