//! What is asked about what crosses instances, in SQLite's words. On `+key` see [`due`](super::due).

use crate::sql::Exchange;

pub(super) const EXCHANGE: Exchange = Exchange {
    signal_subscriptions: SIGNAL_SUBSCRIPTIONS,
    expired_mailboxes: EXPIRED_MAILBOXES,
    due_start_timers: DUE_START_TIMERS,
    start_events: START_EVENTS,
};

const SIGNAL_SUBSCRIPTIONS: &str = "SELECT key, process_instance_key FROM subscription \
     WHERE kind = 1 AND tenant_id = $1 AND name = $2 AND key > $3 AND key <= $4 ORDER BY key LIMIT $5";

const EXPIRED_MAILBOXES: &str = "SELECT tenant_id, name, correlation_key FROM mailbox \
     WHERE kind = 0 AND expires_at <= $1 AND +key BETWEEN $2 AND $3 ORDER BY expires_at LIMIT $4";

const DUE_START_TIMERS: &str = "SELECT key, definition_key, tenant_id, bpmn_process_id, element_id, trigger_index, \
     definition, armed_at, due, fired FROM start_timer \
     WHERE due <= $1 AND +key BETWEEN $2 AND $3 ORDER BY due, key LIMIT $4";

const START_EVENTS: &str = "SELECT definition_key, tenant_id, bpmn_process_id, element_id, trigger_index, kind, \
     name \
     FROM start_event WHERE tenant_id = $1 AND kind = $2 AND name IS $3 \
     ORDER BY bpmn_process_id, element_id, trigger_index";

/// Each statement with the indexes that it reads.
#[cfg(test)]
pub(super) const QUERIES: [(&str, &[&str]); 4] = [
    (SIGNAL_SUBSCRIPTIONS, &["subscription_to_signal"]),
    (EXPIRED_MAILBOXES, &["mailbox_expiring"]),
    (DUE_START_TIMERS, &["start_timer_due"]),
    (START_EVENTS, &["start_event_by_name"]),
];
