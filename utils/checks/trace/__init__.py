"""The trace of a failed check: in which line of the student's own code the values part from GPT-2's.

The student's call is run once more on a public case and its values are recorded line by line. They are
compared with the named steps of the official solution, which `course build` has recorded on the same case.
Nothing here decides whether a check passes, and none of it runs in grading.

A line is blamed by one of three rules, in this order. Proof: with GPT-2's values in place of the line's, the
rest of the code gives the right result. Exclusion: all that leads to the wrong result is right, but for this
line. Change: a small change of this line, and of no other, gives the right result on every public case.

All of it together takes at most 0.8 s (`explain.SECONDS`), and every call of the student's code

- gets new inputs, the same random state and torch's default settings, and shows nothing;
- leaves the notebook's variables, function attributes and random states as they were (`rerun.py`); code that
  uses an object of the notebook, as a model, is not called again (`safety.py`);
- ends at its budget of time, values and numbers, in libraries too (`recorder.py`, `limits.py`).

The third rule runs edited copies of the code. It does so only where the code, with all that it can reach,
opens no files, starts no threads, imports nothing and catches no `BaseException` (`safety.py`); a copy that
would make a very large tensor or list is stopped before (`limits.py`).
"""
