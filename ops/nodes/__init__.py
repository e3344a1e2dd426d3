"""Nodes: run a playbook, join, drain, journal."""
