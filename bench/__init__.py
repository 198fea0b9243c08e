"""Benchmarks: every figure is a ratio against a peer or a physical limit met in the same run.

`python -m bench` runs all sections, `python -m bench relay first_frame …` some of them. What
is measured and how to read it: `docs/explanation/performance.md`.
"""
