-- When a component got its signature, and from whom; null where the signature came with the component.
ALTER TABLE component ADD COLUMN signed_at bigint;
ALTER TABLE component ADD COLUMN signed_actor text;
