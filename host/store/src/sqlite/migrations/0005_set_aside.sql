-- Rows of the outbox and of mailboxes that could not be read or carried out. They are here for operators to see.
CREATE TABLE set_aside (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Whose line they held up: of parcels, the receiver.
    partition       INTEGER NOT NULL,
    -- 0 outbox, 1 mailbox
    source          INTEGER NOT NULL CHECK (source IN (0, 1)),
    row_key         INTEGER NOT NULL,
    -- Only of mailboxes: the kind of the row, and where it was.
    entry_kind      INTEGER CHECK ((entry_kind IS NULL) = (source = 0)),
    tenant_id       TEXT    CHECK ((tenant_id IS NULL) = (source = 0)),
    name            TEXT    CHECK ((name IS NULL) = (source = 0)),
    correlation_key TEXT    CHECK ((correlation_key IS NULL) = (source = 0)),
    -- As it was found.
    content         BLOB    NOT NULL,
    reason          TEXT    NOT NULL,
    set_aside_at    INTEGER NOT NULL
) STRICT;
