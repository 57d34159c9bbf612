-- Messages that instances have taken, and those that have started them.
-- They stay when the instance has ended.
CREATE TABLE message_correlation (
    key                  bigint PRIMARY KEY,
    process_instance_key bigint NOT NULL,
    definition_key       bigint NOT NULL,
    tenant_id            text COLLATE "C" NOT NULL,
    message_key          bigint NOT NULL,
    name                 text COLLATE "C" NOT NULL,
    correlation_key      text COLLATE "C" NOT NULL,
    -- Of a start event: the key of its process version, which is what waits.
    subscription_key     bigint NOT NULL,
    element_id           text COLLATE "C" NOT NULL,
    -- None for a start event.
    element_instance_key bigint,
    correlated_at        bigint NOT NULL
);
CREATE INDEX message_correlation_of_instance ON message_correlation (process_instance_key, key);
CREATE INDEX message_correlation_of_message ON message_correlation (message_key, key);
CREATE INDEX message_correlation_of_key ON message_correlation (left(correlation_key, 255), key);
CREATE INDEX message_correlation_time ON message_correlation (correlated_at, key);
