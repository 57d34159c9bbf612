-- What waits for messages, signals and conditions; loops, calls and compensation; what is on its way between instances;
-- and what starts instances by itself.

-- The instance that has called this one.
ALTER TABLE process_instance ADD COLUMN caller_key bigint;
-- Held by an operator.
ALTER TABLE process_instance ADD COLUMN suspended boolean NOT NULL DEFAULT false;
-- What few instances have, encoded like the journal: who called them, what started them, listeners of the process.
ALTER TABLE process_instance ADD COLUMN details bytea;
CREATE INDEX process_instance_of_caller ON process_instance (caller_key, key) WHERE caller_key IS NOT NULL;

-- Null in no loop, 0 for the loop itself, the loop counter for one of its items, -1 for a path through an ad-hoc sub-process.
ALTER TABLE element_instance ADD COLUMN role bigint CHECK (role >= -1);
-- How many execution listeners have run in its state.
ALTER TABLE element_instance ADD COLUMN listeners_done bigint NOT NULL DEFAULT 0 CHECK (listeners_done >= 0);
-- The instance that it has called.
ALTER TABLE element_instance ADD COLUMN called_key bigint;

-- 0 the work of its element, 1 start listener, 2 end listener, 3 task listener, 4 ad-hoc sub-process
ALTER TABLE job ADD COLUMN kind bigint NOT NULL DEFAULT 0 CHECK (kind BETWEEN 0 AND 4);
-- Those with a higher one are taken first.
ALTER TABLE job ADD COLUMN priority bigint NOT NULL DEFAULT 0;
-- Its instance is held by an operator.
ALTER TABLE job ADD COLUMN suspended boolean NOT NULL DEFAULT false;
DROP INDEX job_activatable;
DROP INDEX job_backing_off;
-- Jobs to take, in the order in which they are taken among those that never failed.
-- On the sums see the first step.
CREATE INDEX job_activatable ON job ((key >> 51), left(job_type, 255), tenant_id, due, priority DESC, (key + 0))
    WHERE state = 0 AND NOT suspended;
CREATE INDEX job_backing_off ON job ((key >> 51), due) WHERE state = 0 AND NOT suspended AND due + 0 > 0;

-- Which of the event's triggers it is.
ALTER TABLE timer ADD COLUMN trigger_index bigint NOT NULL DEFAULT 0 CHECK (trigger_index >= 0);
-- Its instance is held by an operator.
ALTER TABLE timer ADD COLUMN suspended boolean NOT NULL DEFAULT false;
DROP INDEX timer_due;
CREATE INDEX timer_due ON timer ((key >> 51), due, key) WHERE NOT suspended;

-- The change that task listeners are looking at, encoded like the journal.
ALTER TABLE user_task ADD COLUMN pending bytea;

-- What element instances wait for besides timers and jobs.
CREATE TABLE subscription (
    key                  bigint PRIMARY KEY,
    process_instance_key bigint NOT NULL,
    definition_key       bigint NOT NULL,
    tenant_id            text COLLATE "C" NOT NULL,
    element_instance_key bigint NOT NULL,
    element_id           text COLLATE "C" NOT NULL,
    trigger_index        bigint NOT NULL CHECK (trigger_index >= 0),
    -- 0 message, 1 signal, 2 condition
    kind                 smallint NOT NULL CHECK (kind BETWEEN 0 AND 2),
    -- Of the message or signal.
    name                 text COLLATE "C" CHECK ((name IS NULL) = (kind = 2)),
    correlation_key      text COLLATE "C" CHECK ((correlation_key IS NULL) = (kind <> 0)),
    -- Whether the condition held when it was last looked at.
    held                 bigint CHECK ((held IS NULL) = (kind <> 2))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX subscription_of_instance ON subscription (process_instance_key, key);
CREATE INDEX subscription_to_signal ON subscription ((key >> 51), tenant_id, left(name, 255), (key + 0))
    WHERE kind = 1;

-- Completed activities that can be undone.
CREATE TABLE compensable (
    key                  bigint PRIMARY KEY,
    process_instance_key bigint NOT NULL,
    scope_key            bigint NOT NULL,
    activity_id          text COLLATE "C" NOT NULL,
    within_key           bigint,
    -- Encoded like the journal.
    variables            bytea NOT NULL,
    undone_by_key        bigint,
    handler_key          bigint
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX compensable_of_instance ON compensable (process_instance_key);

-- How far loops are. Read and written with their instance only, so the key is the table.
CREATE TABLE loop_progress (
    process_instance_key bigint NOT NULL,
    element_instance_key bigint NOT NULL,
    total                bigint CHECK (total >= 0),
    entered              bigint NOT NULL CHECK (entered >= 0),
    completed            bigint NOT NULL CHECK (completed >= 0),
    terminated           bigint NOT NULL CHECK (terminated >= 0),
    PRIMARY KEY (process_instance_key, element_instance_key)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- The items of loops, all in one row whose counter is 0, and the results of single items.
CREATE TABLE loop_value (
    process_instance_key bigint NOT NULL,
    element_instance_key bigint NOT NULL,
    counter              bigint NOT NULL CHECK (counter >= 0),
    -- JSON text
    value                text COLLATE "C" NOT NULL,
    PRIMARY KEY (process_instance_key, element_instance_key, counter)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- What is on its way to a partition. The sender's commit adds it, the receiver's removes it. The key is the sender's.
CREATE TABLE outbox (
    receiver bigint NOT NULL,
    key      bigint NOT NULL,
    -- Encoded like the journal.
    content  bytea NOT NULL,
    PRIMARY KEY (receiver, key)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- Messages, and what waits for them: read and written one mailbox at a time.
CREATE TABLE mailbox (
    -- A digest of tenant, name and correlation key.
    mailbox         bytea NOT NULL CHECK (length(mailbox) = 16),
    -- 0 message, 1 subscription, 2 start: an instance that a message has started
    kind            smallint NOT NULL CHECK (kind BETWEEN 0 AND 2),
    key             bigint NOT NULL,
    -- Only of messages.
    expires_at      bigint CHECK ((expires_at IS NULL) = (kind <> 0)),
    tenant_id       text COLLATE "C" NOT NULL,
    name            text COLLATE "C" NOT NULL,
    correlation_key text COLLATE "C" NOT NULL,
    -- Encoded like the journal.
    content         bytea NOT NULL,
    PRIMARY KEY (mailbox, kind, key)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX mailbox_expiring ON mailbox ((key >> 51), expires_at) WHERE kind = 0;

-- Start events of the latest versions that something outside makes happen, without timers.
CREATE TABLE start_event (
    definition_key  bigint NOT NULL,
    element_id      text COLLATE "C" NOT NULL,
    trigger_index   bigint NOT NULL CHECK (trigger_index >= 0),
    tenant_id       text COLLATE "C" NOT NULL,
    bpmn_process_id text COLLATE "C" NOT NULL,
    -- 0 message, 1 signal, 2 condition
    kind            smallint NOT NULL CHECK (kind BETWEEN 0 AND 2),
    -- Of the message or signal.
    name            text COLLATE "C" CHECK ((name IS NULL) = (kind = 2)),
    PRIMARY KEY (definition_key, element_id, trigger_index)
);
CREATE INDEX start_event_of_process ON start_event (tenant_id, bpmn_process_id);
CREATE INDEX start_event_by_name ON start_event (tenant_id, kind, left(coalesce(name, ''), 255));

-- Timers of start events of the latest versions.
CREATE TABLE start_timer (
    key             bigint PRIMARY KEY,
    definition_key  bigint NOT NULL,
    tenant_id       text COLLATE "C" NOT NULL,
    bpmn_process_id text COLLATE "C" NOT NULL,
    element_id      text COLLATE "C" NOT NULL,
    trigger_index   bigint NOT NULL CHECK (trigger_index >= 0),
    -- Date, duration or cycle, as the model says it.
    definition      text COLLATE "C" NOT NULL,
    armed_at        bigint NOT NULL,
    due             bigint NOT NULL,
    fired           bigint NOT NULL CHECK (fired >= 0)
);
CREATE INDEX start_timer_of_process ON start_timer (tenant_id, bpmn_process_id);
CREATE INDEX start_timer_due ON start_timer ((key >> 51), due, key);

CREATE INDEX process_definition_of_deployment ON process_definition (deployment_key);
CREATE INDEX process_definition_tagged ON process_definition (tenant_id, bpmn_process_id, left(version_tag, 255), version)
    WHERE version_tag IS NOT NULL;

-- Files with decisions: DMN calls them decision requirements graphs.
CREATE TABLE decision_requirements (
    key             bigint PRIMARY KEY,
    deployment_key  bigint NOT NULL,
    tenant_id       text COLLATE "C" NOT NULL,
    requirements_id text COLLATE "C" NOT NULL,
    name            text COLLATE "C",
    version         bigint NOT NULL CHECK (version > 0),
    resource_name   text COLLATE "C" NOT NULL,
    UNIQUE (tenant_id, requirements_id, version),
    FOREIGN KEY (deployment_key, resource_name) REFERENCES resource (deployment_key, name)
);

CREATE TABLE decision (
    key              bigint PRIMARY KEY,
    requirements_key bigint NOT NULL REFERENCES decision_requirements (key),
    deployment_key   bigint NOT NULL REFERENCES deployment (key),
    tenant_id        text COLLATE "C" NOT NULL,
    decision_id      text COLLATE "C" NOT NULL,
    name             text COLLATE "C",
    version          bigint NOT NULL CHECK (version > 0),
    version_tag      text COLLATE "C",
    -- Also finds the latest version.
    UNIQUE (tenant_id, decision_id, version)
);
CREATE INDEX decision_of_deployment ON decision (deployment_key);
CREATE INDEX decision_tagged ON decision (tenant_id, decision_id, left(version_tag, 255), version)
    WHERE version_tag IS NOT NULL;

-- What decisions came to in instances. They stay when the instance has ended.
CREATE TABLE decision_evaluation (
    key                  bigint PRIMARY KEY,
    process_instance_key bigint NOT NULL,
    definition_key       bigint NOT NULL,
    tenant_id            text COLLATE "C" NOT NULL,
    element_instance_key bigint NOT NULL,
    element_id           text COLLATE "C",
    decision_key         bigint NOT NULL,
    decision_id          text COLLATE "C" NOT NULL,
    decision_version     bigint NOT NULL,
    -- JSON text; null when it failed.
    output               text COLLATE "C" CHECK ((output IS NULL) = (failure IS NOT NULL)),
    failure              text COLLATE "C",
    -- JSON text: all decisions that were evaluated for it.
    evaluated            text COLLATE "C" NOT NULL,
    evaluated_at         bigint NOT NULL
);
CREATE INDEX decision_evaluation_of_instance ON decision_evaluation (process_instance_key, key);
CREATE INDEX decision_evaluation_time ON decision_evaluation (evaluated_at, key);

-- What operators do to many instances at once.
CREATE TABLE batch_operation (
    key        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  text COLLATE "C" NOT NULL,
    -- 0 cancel, 1 resolve incidents, 2 migrate, 3 modify
    kind       bigint NOT NULL CHECK (kind BETWEEN 0 AND 3),
    -- Encoded like the journal: the details, and which instances are meant.
    content    bytea  NOT NULL,
    actor      text COLLATE "C" NOT NULL,
    started_at bigint NOT NULL,
    expected   bigint NOT NULL CHECK (expected >= 0),
    -- 0 active, 1 suspended, 2 canceled, 3 completed, 4 partially completed
    state      bigint NOT NULL CHECK (state BETWEEN 0 AND 4),
    -- Instances up to this one are done with.
    after_key  bigint,
    completed  bigint NOT NULL CHECK (completed >= 0),
    failed     bigint NOT NULL CHECK (failed >= 0),
    -- Encoded like the journal.
    failures   bytea  NOT NULL,
    ended_at   bigint CHECK ((ended_at IS NULL) = (state < 2))
);
CREATE INDEX batch_operation_open ON batch_operation (key) WHERE state = 0;

-- Process versions of which an operator lets no instance be started.
CREATE TABLE held_definition (
    definition_key bigint PRIMARY KEY REFERENCES process_definition (key),
    held_at        bigint NOT NULL,
    actor          text COLLATE "C" NOT NULL
);
