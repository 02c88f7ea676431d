"""Plays a picture as music, live: frames in over ZeroMQ or OSC, notes out as MIDI, OSC and ZeroMQ."""

__version__ = "0.1.0"
