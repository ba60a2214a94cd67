"""Small faults that can be put into a text of Python, Lua or PL/pgSQL, one at a time."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

COMPARISONS = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Is: "is not", ast.IsNot: "is",
    ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.Div: "*", ast.FloorDiv: "*"}
UNTOUCHED = re.compile(r"(?:await )?(?:log\.|self\._log\.|counting\.)")
"""Statements that tell operators something: what they say is tested where it matters, and no promise depends on it."""
LUA = {"==": "~=", "~=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "and": "or", "or": "and", "+": "-", "-": "+", "not": "", "true": "false", "false": "true"}  # fmt: skip
SQL = {
    "=": "<>", "<>": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "and": "or", "or": "and", "+": "-", "-": "+", "not": "", "true": "false",
    "false": "true", "desc": "", "min": "max", "max": "min",
}  # fmt: skip
LUA_TOKEN = re.compile(
    r"""--\[\[.*?\]\]|--[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?P<token>[A-Za-z_][\w.:]*|\d+(?:\.\d+)?|[=~<>]=|\.\.|[^\s\w])""",
    re.DOTALL,
)
SQL_TOKEN = re.compile(
    r"""--[^\n]*|'(?:''|[^'])*'|(?P<token>[A-Za-z_][\w.]*|\d+|->>|->|:=|=>|::|@>|@\?|\|\||[<>]=|<>|\$\$|[^\s\w])""", re.DOTALL
)
LUA_CALL = re.compile(r"^[ ]*(?:redis\.call|\w+)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)$", re.MULTILINE)
LUA_SET = re.compile(r"^[ ]*(?!local\b|return\b|if\b|for\b|while\b)[\w.\[\]]+ = .*[^,({]$", re.MULTILINE)
SQL_STATEMENT = re.compile(
    r"^[ ]+(?:perform|update|insert|delete|raise|return|places :=|characters :=|decayed :=|v_sums :=|events :=)\b[^;]*;", re.MULTILINE
)
SQL_LOCK = re.compile(r" for (?:no key )?update(?=;)")


@dataclass(frozen=True)
class Mutant:
    """A text with one fault: `before` at that line has become `after`."""

    line: int
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {' '.join(self.before.split())}  →  {' '.join(self.after.split()) or '(nothing)'}"


def mutants(text: str, suffix: str) -> list[Mutant]:
    """Every mutant of a text; `suffix` is that of its file: `.py`, `.lua` or `.sql`. Each text parses as the original does (Python is compiled to see)."""
    finders = {".py": _python, ".lua": _lua, ".sql": _sql}
    found = dict.fromkeys(finders[suffix](text))
    return [
        Mutant(text.count("\n", 0, begin) + 1, text[begin:end], new, changed)
        for begin, end, new in found
        if (changed := text[:begin] + new + text[end:]) != text and (suffix != ".py" or _compiles(changed))
    ]


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


Edit = tuple[int, int, str]
"""From which character to which one, and what stands there instead."""


def _python(text: str) -> Iterator[Edit]:  # noqa: C901, PLR0912 - a table
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = text.splitlines()

    def place(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    def begin(node: ast.expr | ast.stmt) -> int:
        return place(node.lineno, node.col_offset)

    def end(node: ast.expr | ast.stmt) -> int:
        return place(node.end_lineno or 0, node.end_col_offset or 0)

    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                yield end(left), begin(right), f" {COMPARISONS[type(op)]} "
            case ast.BoolOp(op=op, values=values):
                for one, other in pairwise(values):
                    yield end(one), begin(other), _between(text[end(one) : begin(other)], isinstance(op, ast.And))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield begin(node), begin(operand), ""
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC and not _is_text(left, right):
                yield end(left), begin(right), f" {ARITHMETIC[type(op)]} "
            case ast.Constant(value=bool() as value):
                yield begin(node), end(node), str(not value)
            case ast.Constant(value=int() as value):
                yield begin(node), end(node), str(value + 1)
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                yield begin(test), end(test), "False"
                if not isinstance(node, ast.While):
                    yield begin(test), end(test), "True"
            case ast.Return(value=ast.expr()):
                yield begin(node), end(node), "return None"
            case ast.Continue() | ast.Break():
                yield begin(node), end(node), "break" if isinstance(node, ast.Continue) else "continue"
            case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Raise() | ast.Delete():
                if not UNTOUCHED.match(text, begin(node)):
                    yield begin(node), end(node), "pass"
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield begin(node), end(node), "pass"


def _between(words: str, conjunction: bool) -> str:
    return words.replace("and", "or", 1) if conjunction else words.replace("or", "and", 1)


def _is_text(*nodes: ast.expr) -> bool:
    return any(isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, (str, bytes))) for one in nodes)


def _lua(text: str) -> Iterator[Edit]:
    yield from _tokens(text, LUA_TOKEN, LUA)
    for statement in (LUA_CALL, LUA_SET):
        for found in statement.finditer(text):
            yield found.start(), found.end(), ""


def _sql(text: str) -> Iterator[Edit]:
    """Of the bodies of functions only: from `begin`, or `as $$`, to `$$`."""
    for body in re.finditer(r"(?:^begin|\bas \$\$)$.*?\$\$", text, re.MULTILINE | re.DOTALL):
        shift, inside = body.start(), body.group()
        if inside.startswith("as $$\ndeclare") or "\nbegin\n" in inside:
            shift, inside = shift + inside.index("\nbegin\n"), inside[inside.index("\nbegin\n") :]
        edits = [*_tokens(inside, SQL_TOKEN, SQL)]
        edits += [(found.start(), found.end(), "null;") for found in SQL_STATEMENT.finditer(inside)]
        edits += [(found.start(), found.end(), "") for found in SQL_LOCK.finditer(inside)]
        for begin, end, new in edits:
            yield shift + begin, shift + end, new


def _tokens(text: str, pattern: re.Pattern[str], swaps: dict[str, str]) -> Iterator[Edit]:
    for found in pattern.finditer(text):
        token = found["token"]
        if token is not None and token.isdecimal():
            yield found.start(), found.end(), str(int(token) + 1)
        elif token in swaps:
            yield found.start(), found.end(), swaps[token]
