"""The judge's side of grading: seeds, hearings and the ledger. Nothing here is seen by a student's code."""
