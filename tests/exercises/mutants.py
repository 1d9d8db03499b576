"""Wrong programs made from a right one: each mutant is the function with one small change.

The changes are those of mutation testing: another operator, name, axis, bound or order, a value one off, a sign, a
statement left out. Loops of a mutant raise after `MOST_ROUNDS` rounds, so that none hangs.

mutmut and cosmic-ray change whole files on disk and run a test suite for each mutant. Here one function at a time
changes in memory, and what judges a mutant is a checker: thousands of them take a minute.
"""

import ast
import copy
import inspect
import warnings
from collections import namedtuple

MOST_ROUNDS = 20_000

_OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mult, ast.Mod),
    ast.Mod: (ast.FloorDiv, ast.Mult),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.NotEq: (ast.Eq,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
_NAMES = {
    "max": ("min", "sum"),
    "min": ("max",),
    "sum": ("max", "mean"),
    "mean": ("sum", "max"),
    "any": ("all",),
    "all": ("any",),
    "zeros": ("ones",),
    "zeros_like": ("ones_like",),
    "argsort": ("sort",),
}

_Names = namedtuple("_Names", "arguments local")


def mutants(function):
    """Functions that differ from `function` in one place, by their source.

    Args:
        function: a function written in Python.

    Returns:
        dict of str (source without comments) to function.
    """
    original = ast.parse(inspect.getsource(function))
    sources = {ast.unparse(tree): tree for tree in _changed(original)}
    sources.pop(ast.unparse(original), None)
    return {source: _function(tree, function) for source, tree in sources.items()}


def _changed(original):
    names = [node.id for node in ast.walk(original) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    arguments = [argument.arg for argument in original.body[0].args.args]
    for number, node in enumerate(ast.walk(original)):
        for change in _changes(node, _Names(arguments, {*arguments, *names})):
            tree = copy.deepcopy(original)
            target = list(ast.walk(tree))[number]
            change(target)
            yield ast.fix_missing_locations(tree)


def _changes(node, names):
    """Functions that change a copy of `node` in place."""
    for field, value in ast.iter_fields(node):
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from (_set(field, index, new) for new in _other(item, names))
            if field in ("elts", "args") and not isinstance(node, ast.arguments):
                yield from (_swap(field, index) for index in range(len(value) - 1))
        elif field != "func":
            yield from (_set(field, None, new) for new in _other(value, names))
    yield from _own_changes(node)


def _own_changes(node):
    """Changes of what a node says about itself: bounds that vanish, an axis left out, operands in the other order."""
    if isinstance(node, ast.Slice):
        for field in ("lower", "upper", "step"):
            if getattr(node, field) is not None:
                yield _set(field, None, None)
    if isinstance(node, ast.Call):
        yield from (lambda call, index=index: call.keywords.pop(index) for index in range(len(node.keywords)))
    if isinstance(node, ast.BinOp):
        yield _exchange("left", "right")
    if isinstance(node, ast.Subscript):
        yield _exchange("value", "slice")
    if isinstance(node, ast.Attribute):
        yield from (_set("attr", None, name) for name in _NAMES.get(node.attr, ()))
    if isinstance(node, ast.comprehension) and node.ifs:
        yield lambda part: part.ifs.clear()


def _other(node, names):
    """Nodes that can stand in the place of `node`."""
    if type(node) in _OPERATORS:
        return [new() for new in _OPERATORS[type(node)]]
    if isinstance(node, ast.stmt) and not isinstance(node, (ast.Return, ast.FunctionDef)):
        return [ast.Pass()]
    if isinstance(node, ast.Constant):
        return [ast.Constant(value) for value in _near(node.value)]
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return [ast.UnaryOp(ast.Not(), node)]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Name) and node.id not in names.local:
        return [ast.Name(name, ast.Load()) for name in _NAMES.get(node.id, ())]
    if isinstance(node, (ast.Name, ast.Call, ast.Subscript, ast.BinOp)) and not isinstance(_context(node), ast.Store):
        return [*_other_values(node, names), *_wrapped(node)]
    return []


def _context(node):
    return getattr(node, "ctx", None)


def _other_values(node, names):
    if isinstance(node, ast.Name):
        return [ast.Name(name, ast.Load()) for name in names.arguments if name != node.id]
    if isinstance(node, ast.Call):
        return [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
    parts = {ast.BinOp: ("left", "right"), ast.Subscript: ("value", "slice")}.get(type(node), ())
    return [getattr(node, part) for part in parts]


def _wrapped(node):
    """The value with its sign changed, one more, one less, backward, without its first or last part, transposed."""
    minus_one = ast.UnaryOp(ast.USub(), ast.Constant(1))
    slices = [ast.Slice(step=minus_one), ast.Slice(lower=ast.Constant(1)), ast.Slice(upper=minus_one)]
    return [
        ast.UnaryOp(ast.USub(), node),
        ast.BinOp(node, ast.Add(), ast.Constant(1)),
        ast.BinOp(node, ast.Sub(), ast.Constant(1)),
        *(ast.Subscript(node, part, ast.Load()) for part in slices),
        ast.Attribute(node, "T", ast.Load()),
    ]


def _near(value):
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, (int, float)):
        return (value + 1, value - 1)
    return ()


def _set(field, index, new):
    def change(node):
        if index is None:
            setattr(node, field, copy.deepcopy(new))
        else:
            getattr(node, field)[index] = copy.deepcopy(new)

    return change


def _swap(field, index):
    def change(node):
        items = getattr(node, field)
        items[index], items[index + 1] = items[index + 1], items[index]

    return change


def _exchange(first, second):
    def change(node):
        one, other = getattr(node, first), getattr(node, second)
        setattr(node, first, other)
        setattr(node, second, one)

    return change


class _Bounded(ast.NodeTransformer):
    """Each loop counts its rounds first."""

    def visit_While(self, node):
        self.generic_visit(node)
        node.body.insert(0, ast.parse("count_a_round()").body[0])
        return node

    visit_For = visit_While


def _function(tree, original):
    """The mutant, with a fresh count of rounds in each call."""
    rounds = 0

    def count_a_round():
        nonlocal rounds
        rounds += 1
        if rounds > MOST_ROUNDS:
            raise TimeoutError(f"The mutant has made {MOST_ROUNDS} rounds.")

    def mutant(*arguments):
        nonlocal rounds
        rounds = 0
        return names[original.__name__](*arguments)

    names = {**original.__globals__, "count_a_round": count_a_round}
    bounded = ast.fix_missing_locations(_Bounded().visit(copy.deepcopy(tree)))
    with warnings.catch_warnings(action="ignore"):  # a mutant may say `0[1:]`
        code = compile(bounded, "mutant", "exec")
    exec(code, names)  # the source is ours: a solution of the course with one change
    return mutant
