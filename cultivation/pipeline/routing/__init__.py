"""Which offices an application passes, and what happens when its enterprise moves (流转路径)."""
