"""Mutation testing of the checks: the real checks are given small automatic changes of the solutions.

A change that no case fails is either equivalent to the solution, or a case is missing. One that passes the
public cases and fails hidden ones is a fault of the check: a student would get a tick in the notebook and
lose points later.
"""
