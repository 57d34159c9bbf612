-- Who vouches for a component, `ed25519:KEY:SIGNATURE`; null when nobody does.
ALTER TABLE component ADD COLUMN signature TEXT;
