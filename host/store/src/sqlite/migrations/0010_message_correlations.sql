-- Messages that instances have taken, and those that have started them.
-- They stay when the instance has ended.
CREATE TABLE message_correlation (
    key                  INTEGER PRIMARY KEY,
    process_instance_key INTEGER NOT NULL,
    definition_key       INTEGER NOT NULL,
    tenant_id            TEXT NOT NULL,
    message_key          INTEGER NOT NULL,
    name                 TEXT NOT NULL,
    correlation_key      TEXT NOT NULL,
    -- Of a start event: the key of its process version, which is what waits.
    subscription_key     INTEGER NOT NULL,
    element_id           TEXT NOT NULL,
    -- None for a start event.
    element_instance_key INTEGER,
    correlated_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX message_correlation_of_instance ON message_correlation (process_instance_key);
CREATE INDEX message_correlation_of_message ON message_correlation (message_key);
CREATE INDEX message_correlation_of_key ON message_correlation (correlation_key);
CREATE INDEX message_correlation_time ON message_correlation (correlated_at);
