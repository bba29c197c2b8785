"""The coverage cube: who counts on a day, in which group, summed up in advance (覆盖数据立方)."""
