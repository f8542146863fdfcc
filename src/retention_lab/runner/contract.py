"""The `parameters` cell of a playbook: `name: type = literal  # help sentence`.

It is read with `ast`, so that a name is a name and a value a literal, and nothing in it is ever run.
"""

import ast
import io
import math
import tokenize
from dataclasses import dataclass

from retention_lab.errors import Fault

TYPES = ("str", "int", "float", "bool", "list[str]", "list[float]", "dict")
_FORM = "name: type = literal  # help sentence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a playbook, as its `parameters` cell declares it."""

    name: str
    type: str
    default: object
    help: str

    @property
    def described(self) -> str:
        """The parameter as a person would be told of it."""
        return f"{self.name} ({self.type}): {self.help}"


def read_contract(source: str, where: str) -> tuple[list[Parameter], list[Fault]]:
    """The parameters that a cell declares, and everything that breaks the form; `where` names file and cell."""
    try:
        statements = ast.parse(source).body
        comments = _comments(source)
    except (SyntaxError, tokenize.TokenError) as error:
        line = getattr(error, "lineno", None) or 1
        return [], [Fault(where=f"{where}, line {line}", found=f"not valid Python: {error}", allowed=_FORM)]
    parameters: list[Parameter] = []
    faults: list[Fault] = []
    for statement in statements:
        result = _parameter(statement, comments.get(statement.end_lineno or 0, ""))
        if isinstance(result, Parameter) and result.name not in {known.name for known in parameters}:
            parameters.append(result)
            continue
        found = f"{result.name} is declared twice" if isinstance(result, Parameter) else result
        faults.append(Fault(where=f"{where}, line {statement.lineno}", found=found, allowed=_FORM))
    return parameters, faults


def fits(value: object, kind: str) -> bool:
    """Whether a value is of a declared type. A whole number is a float too; True is never a number."""
    if kind == "str":
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        # inf and nan have no JSON, so a record could not say what was asked for.
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if kind == "dict":
        return isinstance(value, dict) and all(isinstance(key, str) for key in value)
    return isinstance(value, list) and all(fits(item, kind[5:-1]) for item in value)


def _parameter(statement: ast.stmt, comment: str) -> Parameter | str:
    """The parameter that a statement declares, or what is wrong with it."""
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name) or not statement.value:
        return f"{ast.unparse(statement).splitlines()[0]!r} declares no parameter"
    name, kind = statement.target.id, ast.unparse(statement.annotation)
    if kind not in TYPES:
        return f"{name} has the type {kind}; types are {', '.join(TYPES)}"
    try:
        default = ast.literal_eval(statement.value)
    except ValueError:
        return f"the default of {name} is not a literal"
    if not fits(default, kind):
        return f"the default of {name} is {default!r}, which is not {kind}"
    if not comment:
        return f"{name} has no help sentence"
    return Parameter(name=name, type=kind, default=default, help=comment)


def _comments(source: str) -> dict[int, str]:
    """The comment of each line; the tokenizer knows a comment from a # inside a string."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ").strip() for token in tokens if token.type == tokenize.COMMENT}
