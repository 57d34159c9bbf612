-- Rows of the outbox and of mailboxes that could not be read or carried out. They are here for operators to see.
CREATE TABLE set_aside (
    number          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Whose line they held up: of parcels, the receiver.
    partition       bigint NOT NULL,
    -- 0 outbox, 1 mailbox
    source          bigint NOT NULL CHECK (source IN (0, 1)),
    row_key         bigint NOT NULL,
    -- Only of mailboxes: the kind of the row, and where it was.
    entry_kind      bigint CHECK ((entry_kind IS NULL) = (source = 0)),
    tenant_id       text COLLATE "C" CHECK ((tenant_id IS NULL) = (source = 0)),
    name            text COLLATE "C" CHECK ((name IS NULL) = (source = 0)),
    correlation_key text COLLATE "C" CHECK ((correlation_key IS NULL) = (source = 0)),
    -- As it was found.
    content         bytea NOT NULL,
    reason          text COLLATE "C" NOT NULL,
    set_aside_at    bigint NOT NULL
);
