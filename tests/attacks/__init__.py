"""The attack suite: one small submission per way in, each with what stock nbgrader gives and what we give.

`forging`, `lies_to_the_judge`, `exhaustion`, `malformed` and `exfiltration` are handed to the executor;
`folders` goes through `course grade`. README.md is made from all of them.
"""
