//! What is asked about what crosses instances, in PostgreSQL's words. On `key + 0` see [`due`](super::due).

use crate::sql::Exchange;

pub(super) const EXCHANGE: Exchange = Exchange {
    signal_subscriptions: "SELECT key, process_instance_key FROM subscription \
         WHERE kind = 1 AND (key >> 51) = ($4 >> 51) AND tenant_id = $1 AND left(name, 255) = left($2, 255) \
         AND name = $2 AND key + 0 > $3 AND key + 0 <= $4 ORDER BY key + 0 LIMIT $5",
    expired_mailboxes: "SELECT tenant_id, name, correlation_key FROM mailbox \
         WHERE kind = 0 AND (key >> 51) = ($2 >> 51) AND expires_at <= $1 AND key <= $3 \
         ORDER BY expires_at LIMIT $4",
    due_start_timers: "SELECT key, definition_key, tenant_id, bpmn_process_id, element_id, trigger_index, \
         definition, armed_at, due, fired FROM start_timer \
         WHERE (key >> 51) = ($2 >> 51) AND due <= $1 AND key <= $3 ORDER BY due, key LIMIT $4",
    start_events: "SELECT definition_key, tenant_id, bpmn_process_id, element_id, trigger_index, kind, \
         name \
         FROM start_event WHERE tenant_id = $1 AND kind = $2 \
         AND left(coalesce(name, ''), 255) = left(coalesce($3, ''), 255) AND coalesce(name, '') = coalesce($3, '') \
         ORDER BY bpmn_process_id, element_id, trigger_index",
};

/// Each statement with the indexes that it reads.
#[cfg(test)]
pub(super) const QUERIES: [(&str, &[&str]); 4] = [
    (EXCHANGE.signal_subscriptions, &["subscription_to_signal"]),
    (EXCHANGE.expired_mailboxes, &["mailbox_expiring"]),
    (EXCHANGE.due_start_timers, &["start_timer_due"]),
    (EXCHANGE.start_events, &["start_event_by_name"]),
];
