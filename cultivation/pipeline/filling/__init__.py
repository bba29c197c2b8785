"""Filling in an application: what is asked, what is kept, what goes in (填报)."""
