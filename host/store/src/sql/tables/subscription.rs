//! The table `subscription`.

use engine::state::{Awaited, ConditionLeft, Subscription};
use types::{SharedStr, SubscriptionKey};

use crate::sql::Kind::{Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<SubscriptionKey, Subscription> = Table {
    shape: Shape {
        name: "subscription",
        columns: &[
            ("key", Integer),
            ("process_instance_key", Integer),
            ("definition_key", Integer),
            ("tenant_id", Text),
            ("element_instance_key", Integer),
            ("element_id", Text),
            ("trigger_index", Integer),
            ("kind", Integer),
            ("name", Text),
            ("correlation_key", Text),
            ("held", Integer),
        ],
        key_columns: 1,
        changing: &["held"],
        migrating: &["definition_key", "element_id", "trigger_index"],
    },
    changes: |changes| &changes.subscriptions,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str =
    "key, element_instance_key, element_id, trigger_index, kind, name, correlation_key, held";

pub(crate) const OF_INSTANCE: &str = "subscription WHERE process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, subscription: &'b Subscription) {
    values
        .key(subscription.key.0)
        .key(origin.key.0)
        .key(origin.definition.0)
        .text(origin.tenant.as_str())
        .key(subscription.element_instance.0)
        .text(&subscription.element)
        .integer(subscription.trigger);
    match &subscription.awaited {
        Awaited::Message { name, correlation_key } => {
            values.integer(0).text(name).text(correlation_key).optional_integer(None::<i64>)
        }
        Awaited::Signal { name } => {
            values.integer(1).text(name).optional_text(None).optional_integer(None::<i64>)
        }
        Awaited::Condition { held, left } => {
            let stands = i64::from(*held) + HELD_VALUES * left.map_or(0, code_of_left);
            values.integer(2).optional_text(None).optional_text(None).optional_integer(Some(stands))
        }
    };
}

/// The column `held` is 1 when the condition held when it was last looked at, and 0 otherwise; what a step has left of the
/// condition, by [`code_of_left`], is added so many times. So the values are 0 to 5, and the low bit is what the column was
/// made for.
const HELD_VALUES: i64 = 2;

fn code_of_left(left: ConditionLeft) -> i64 {
    match left {
        ConditionLeft::Look => 1,
        ConditionLeft::Happen => 2,
    }
}

fn left_of_code(code: i64) -> Result<Option<ConditionLeft>, Error> {
    match code {
        0 => Ok(None),
        1 => Ok(Some(ConditionLeft::Look)),
        2 => Ok(Some(ConditionLeft::Happen)),
        code => Err(Error::Damaged(format!("{code} is nothing that a step leaves of a condition"))),
    }
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Subscription, Error> {
    Ok(Subscription {
        key: columns.key()?,
        element_instance: columns.key()?,
        element: columns.text()?,
        trigger: columns.number()?,
        awaited: awaited(columns)?,
    })
}

fn awaited(columns: &mut Columns<'_>) -> Result<Awaited, Error> {
    let (kind, name, correlation_key, held): (i64, Option<SharedStr>, Option<SharedStr>, Option<i64>) =
        (columns.integer()?, columns.optional_text()?, columns.optional_text()?, columns.optional_integer()?);
    match (kind, name, correlation_key, held) {
        (0, Some(name), Some(correlation_key), None) => Ok(Awaited::Message { name, correlation_key }),
        (1, Some(name), None, None) => Ok(Awaited::Signal { name }),
        (2, None, None, Some(stands)) => {
            let left = left_of_code(stands.div_euclid(HELD_VALUES))?;
            Ok(Awaited::Condition { held: stands.rem_euclid(HELD_VALUES) == 1, left })
        }
        _ => Err(Error::Damaged(format!("subscription kind {kind} is unknown or incomplete"))),
    }
}
