"""Keys that a step reads of a config and that it does not have, where the step does so whenever it runs.

The values are those that the flow is compiled with, so such a step would fail for certain. Looked at is what stands
before anything that decides or catches; whatever stands behind that may be meant not to run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from flowc.frontend.config_scope import ConfigScope, ConfigState, KnownConfig, no_key
from flowc.frontend.effects import self_name
from flowc.frontend.members import Body
from flowc.frontend.methods import Method

_METHODS = frozenset(dir(dict)) | {"to_dict"}


def check_reads(body: Body, states: Mapping[str, ConfigState]) -> None:
    """Look at the steps of a class.

    Emits: FC136.
    """
    for method in body.methods:
        if states and method.is_step and not any(d.is_own or d.name == "catch" for d in method.decorators):
            _check(body, method, states)


def _check(body: Body, method: Method, states: Mapping[str, ConfigState]) -> None:
    report, own = body.cls.module.report, self_name(method.node)
    for node in _certain(method.node.body):
        found = _missing(node, own or "", states)
        if found is not None:
            name, value, key, place = found
            problem = no_key(value, key, ast.unparse(place.value), name, ConfigScope(states=states))
            report.error(problem.code, place, problem.message, problem.help)


def _missing(
    node: ast.expr, own: str, states: Mapping[str, ConfigState]
) -> tuple[str, object, str, ast.Attribute | ast.Subscript] | None:
    """The config, the value, the key and the place where a chain such as `self.config.model.rate` breaks."""
    links: list[ast.Attribute | ast.Subscript] = []
    while isinstance(node, ast.Attribute | ast.Subscript) and not (
        isinstance(node.value, ast.Name) and node.value.id == own
    ):
        links.append(node)
        node = node.value
    if not isinstance(node, ast.Attribute):
        return None
    state = states.get(node.attr)
    value = state.value if isinstance(state, KnownConfig) else None
    for link in reversed(links):
        key = _key(link)
        if key is None or not isinstance(value, dict) or (isinstance(link, ast.Attribute) and key in _METHODS):
            return None
        if key not in value:
            return node.attr, value, key, link
        value = value[key]
    return None


def _key(link: ast.Attribute | ast.Subscript) -> str | None:
    match link:
        case ast.Attribute(attr=name, ctx=ast.Load()):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name)), ctx=ast.Load()):
            return name
        case _:
            return None


def _certain(statements: list[ast.stmt]) -> Iterator[ast.expr]:
    """What is evaluated whenever the statements run."""
    for statement in statements:
        match statement:
            case ast.If(test=first) | ast.While(test=first) | ast.For(iter=first):
                yield from _evaluated(first)
                return
            case ast.Expr() | ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                yield from _evaluated(statement)
            case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.FunctionDef():
                pass
            case _:
                return


def _evaluated(tree: ast.AST) -> Iterator[ast.expr]:
    match tree:
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.NamedExpr():
            return
        case ast.IfExp(test=first) | ast.BoolOp(values=[first, *_]) | ast.Compare(left=first):
            yield from _evaluated(first)
            return
        case ast.expr():
            yield tree
        case _:
            pass
    for child in ast.iter_child_nodes(tree):
        yield from _evaluated(child)
