"""Transformation projects from diagnosis to acceptance, and who carries them out (改造项目)."""
