"""Mutation testing of the checks: the real checks run on small automatic changes of the solutions.

A mutant that no case kills is either equivalent to the solution or reveals a missing case. One that passes
the public cases but fails hidden ones reveals a fault of the check: a student would see a tick in the
notebook and lose points later.
"""
