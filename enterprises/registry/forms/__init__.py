"""Forms of the registry: they read what was typed, the domain modules decide (表单)."""
