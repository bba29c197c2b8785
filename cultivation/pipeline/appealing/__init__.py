"""What a refused enterprise reads and may do: feedback, reconsideration, more time (反馈与复核)."""
