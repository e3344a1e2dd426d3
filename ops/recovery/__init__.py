"""Recovery points, restores, drills and the evidence of them.

A recovery point is one signed statement of what was backed up together (`point`). A drill measures how it comes back
(`drill`, `timeline`, `judgement`), and leaves signed, chained evidence (`evidence`) that anybody can verify offline.
"""
