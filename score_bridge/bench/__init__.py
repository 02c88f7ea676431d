"""Benchmarks: `score-bridge bench` measures this machine on the real server, in real processes, in real time."""
