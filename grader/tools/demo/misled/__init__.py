"""Wrong answers for the sample class, one module a week, named as the week's folder.

Each function or class has the name of an exercise and is wrong in one way that students are wrong in. What
it uses beside its arguments comes from the notebook's set-up cell. A week without a module here has no misled
student.
"""
