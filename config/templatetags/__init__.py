"""Template tags of the whole house (模板标签)."""
