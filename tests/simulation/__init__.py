"""Random legal histories of both sides, each brought to rest and audited."""
