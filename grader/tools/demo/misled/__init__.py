"""Wrong answers for the sample class, in one module per week, named after the week's folder.

Each function or class has the name of an exercise and makes one common mistake of students. Its globals come
from the notebook's set-up cell. A week without a module has no misled student.
"""
