//! The table `message_correlation`. Its rows never change.

use crate::sql::Kind::{Integer, Text};
use crate::sql::{Columns, Shape, Values};
use crate::{Error, MessageCorrelation};

pub(crate) static SHAPE: Shape = Shape {
    name: "message_correlation",
    columns: &[
        ("key", Integer),
        ("process_instance_key", Integer),
        ("definition_key", Integer),
        ("tenant_id", Text),
        ("message_key", Integer),
        ("name", Text),
        ("correlation_key", Text),
        ("subscription_key", Integer),
        ("element_id", Text),
        ("element_instance_key", Integer),
        ("correlated_at", Integer),
    ],
    key_columns: 0,
    changing: &[],
    migrating: &[],
};

pub(crate) fn bind<'b>(values: &mut Values<'b>, correlation: &'b MessageCorrelation) {
    values
        .key(correlation.key.0)
        .key(correlation.instance.0)
        .key(correlation.definition.0)
        .text(correlation.tenant.as_str())
        .key(correlation.message.0)
        .text(&correlation.name)
        .text(&correlation.correlation_key)
        .key(correlation.subscription.0)
        .text(&correlation.element)
        .optional_key(correlation.element_instance.map(|key| key.0))
        .time(correlation.at);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<MessageCorrelation, Error> {
    Ok(MessageCorrelation {
        key: columns.key()?,
        instance: columns.key()?,
        definition: columns.key()?,
        tenant: columns.tenant()?,
        message: columns.key()?,
        name: columns.text()?,
        correlation_key: columns.text()?,
        subscription: columns.key()?,
        element: columns.text()?,
        element_instance: columns.optional_key()?,
        at: columns.time()?,
    })
}
