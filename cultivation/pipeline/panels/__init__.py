"""Expert panels: who reads what by lot, blind, with scores that can be compared (专家评审)."""
