"""What a piece of code defines, without what it does."""

import ast

LONGEST = 20_000
"""Characters of a cell that is read. Text that means to be takes Python's parser gigabytes and minutes: its
memory grows with the square of the dots in `import a.b.b…`."""
_DEFINE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def definitions(code: str) -> str:
    """The imports, functions, classes and constants of a cell; empty if it has nothing but imports, or cannot
    be read.
    """
    try:
        body = ast.parse(code).body if len(code) <= LONGEST else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    kept = [statement for statement in body if isinstance(statement, _DEFINE) or _is_constant(statement)]
    only_imports = all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in kept)
    return "" if only_imports else "\n\n".join(map(ast.unparse, kept))


def _is_constant(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign):
        return False
    try:
        ast.literal_eval(statement.value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True
