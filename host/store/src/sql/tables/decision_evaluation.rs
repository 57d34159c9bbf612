//! The table `decision_evaluation`. Its rows never change.

use types::Json;

use crate::sql::Kind::{Integer, Text};
use crate::sql::{Columns, Shape, Values};
use crate::{DecisionEvaluation, Error, InstanceIdentity};

pub(crate) static SHAPE: Shape = Shape {
    name: "decision_evaluation",
    columns: &[
        ("key", Integer),
        ("process_instance_key", Integer),
        ("definition_key", Integer),
        ("tenant_id", Text),
        ("element_instance_key", Integer),
        ("element_id", Text),
        ("decision_key", Integer),
        ("decision_id", Text),
        ("decision_version", Integer),
        ("output", Text),
        ("failure", Text),
        ("evaluated", Text),
        ("evaluated_at", Integer),
    ],
    key_columns: 0,
    changing: &[],
    migrating: &[],
};

pub(crate) const COLUMNS: &str = "key, process_instance_key, definition_key, tenant_id, element_instance_key, \
     element_id, decision_key, decision_id, decision_version, output, failure, evaluated, evaluated_at";

pub(crate) fn bind<'b>(
    values: &mut Values<'b>,
    origin: &'b InstanceIdentity,
    evaluation: &'b DecisionEvaluation,
) {
    values
        .key(evaluation.key.0)
        .key(origin.key.0)
        .key(origin.definition.0)
        .text(origin.tenant.as_str())
        .key(evaluation.element_instance.0)
        .optional_text(evaluation.element.as_deref())
        .key(evaluation.decision.0)
        .text(&evaluation.decision_id)
        .integer(evaluation.decision_version)
        .optional_text(evaluation.outcome.as_ref().ok().map(Json::as_str))
        .optional_text(evaluation.outcome.as_ref().err().map(|failure| &**failure))
        .text(evaluation.evaluated.as_str())
        .time(evaluation.at);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<DecisionEvaluation, Error> {
    Ok(DecisionEvaluation {
        key: columns.key()?,
        instance: columns.key()?,
        definition: columns.key()?,
        tenant: columns.tenant()?,
        element_instance: columns.key()?,
        element: columns.optional_text()?,
        decision: columns.key()?,
        decision_id: columns.text()?,
        decision_version: columns.number()?,
        outcome: match (columns.optional_string()?, columns.optional_text()?) {
            (Some(output), None) => Ok(Json::from_trusted(output)),
            (None, Some(failure)) => Err(failure),
            _ => return Err(Error::Damaged("a decision has neither a result nor a failure".to_owned())),
        },
        evaluated: Json::from_trusted(columns.string()?),
        at: columns.time()?,
    })
}
