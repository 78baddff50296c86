"""`self.next(...)`: where a step leads.

Only a call that is the last statement of the step counts. Each way of being wrong is told apart: "invalid transition"
helps nobody.
"""

from __future__ import annotations

import ast

from flowc.frontend.constants import Constants, NotConstant
from flowc.frontend.decl import TargetDecl, TransitionDecl
from flowc.frontend.effects import Function, NextCall, is_own, self_name
from flowc.frontend.report import Report
from flowc.frontend.vocabulary import NEXT_KEYWORDS, nearest


def read_transition(
    function: Function, nexts: tuple[NextCall, ...], constants: Constants, report: Report
) -> TransitionDecl | None:
    """The transition of a step that has at least one `self.next`; None if it is in error.

    Emits: FC121 to FC129.
    """
    own = self_name(function) or "self"
    last = function.body[-1]
    final = last.value if isinstance(last, ast.Expr) else None
    if len(nexts) > 1:
        _several(function, nexts, report)
        return None
    if nexts[0].node is not final:
        _misplaced(function, nexts[0], report)
        return None
    return _Reader(own, nexts[0].node, constants, report).read()


def _several(function: Function, nexts: tuple[NextCall, ...], report: Report) -> None:
    blocks = [call.inside for call in nexts if call.inside]
    help = "keep one, as the last statement of the step"
    if blocks:
        help += "; where a step leads cannot depend on values in this version of flowc"
    report.error(
        "FC128",
        nexts[1].node,
        f"step `{function.name}` has {len(nexts)} calls of `self.next`",
        help,
        *(report.label(c.node, "another one") for i, c in enumerate(nexts) if i != 1),
    )


def _misplaced(function: Function, call: NextCall, report: Report) -> None:
    if call.inside:
        help = "move it out, so that it is the last statement of the step"
        if call.inside == "a `return`":
            help = "write `self.next(...)` without `return`, as the last statement of the step"
        elif call.inside in ("an `if`", "a `match`"):
            help += "; where a step leads cannot depend on values in this version of flowc"
        message = f"`self.next` of step `{function.name}` stands inside {call.inside}"
        report.error("FC127", call.node, message, help)
        return
    after = next((s for s in function.body if s.lineno > call.node.lineno or _follows(s, call.node)), None)
    report.error(
        "FC127",
        call.node,
        f"step `{function.name}` goes on after `self.next`",
        "make `self.next(...)` the last statement of the step",
        *([report.label(after, "this comes after it")] if after else []),
    )


def _follows(statement: ast.stmt, call: ast.Call) -> bool:
    return statement.lineno == call.lineno and statement.col_offset > call.col_offset


class _Reader:
    """Reads the arguments of one call."""

    def __init__(self, own: str, call: ast.Call, constants: Constants, report: Report) -> None:
        self._own = own
        self._call = call
        self._constants = constants
        self._report = report
        self._good = True

    def read(self) -> TransitionDecl | None:
        keywords = self._keywords()
        if self._is_switch(keywords):
            return None
        targets = [target for node in self._call.args if (target := self._target(node)) is not None]
        if not self._call.args and self._good:
            self._error("FC121", self._call, "`self.next` names no step", f"write `{self._own}.next({self._own}.end)`")
        foreach = keywords.get("foreach")
        items = self._items(foreach) if foreach is not None else None
        if foreach is not None and len(self._call.args) > 1:
            self._error(
                "FC123",
                self._call.args[1],
                "a foreach leads to one step only",
                "name the first step of the body; branch in there, with a `self.next` of its own",
            )
        if not self._good:
            return None
        return TransitionDecl(targets=tuple(targets), items=items, span=self._report.span(self._call))

    def _error(self, code: str, node: ast.expr | ast.keyword, message: str, help: str) -> None:
        self._good = False
        self._report.error(code, node, message, help)

    def _keywords(self) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        for keyword in self._call.keywords:
            if keyword.arg is None:
                self._error(
                    "FC126",
                    keyword,
                    "`**` cannot be used in `self.next`",
                    'write the keyword out: `foreach="xs"`',
                )
            elif keyword.arg not in NEXT_KEYWORDS:
                meant = nearest(keyword.arg.replace("_", ""), NEXT_KEYWORDS)
                self._error(
                    "FC125",
                    keyword,
                    f"`self.next` has no keyword `{keyword.arg}`",
                    f"did you mean `{meant}`?" if meant else 'the keyword is `foreach="name of an artifact"`',
                )
            else:
                found[keyword.arg] = keyword.value
                if keyword.arg == "num_parallel":
                    self._error(
                        "FC129",
                        keyword,
                        "this version of flowc does not compile `num_parallel`",
                        "use `foreach` if the tasks need not know each other",
                    )
        return found

    def _is_switch(self, keywords: dict[str, ast.expr]) -> bool:
        mapping = next((node for node in self._call.args if isinstance(node, ast.Dict)), None)
        if mapping is None and "condition" not in keywords:
            return False
        self._error(
            "FC129",
            mapping or keywords["condition"],
            "this version of flowc does not compile switches (`condition=`)",
            "go to one step, and decide inside it",
        )
        return True

    def _target(self, node: ast.expr) -> TargetDecl | None:
        if isinstance(node, ast.Attribute) and is_own(node, self._own, node.attr):
            return TargetDecl(name=node.attr, span=self._report.span(node))
        if isinstance(node, ast.Starred):
            self._error("FC126", node, "`*` cannot be used in `self.next`", "name each step: `self.a, self.b`")
            return None
        message, help = self._not_a_target(node)
        self._error("FC122", node, message, help)
        return None

    def _not_a_target(self, node: ast.expr) -> tuple[str, str]:
        own = self._own
        text = ast.unparse(node)
        shown = text if len(text) <= 40 else f"{text[:37]}..."
        match node:
            case ast.Name(id=name):
                return f"a target of `self.next` is written without `{own}.`", f"write `{own}.{name}`"
            case ast.Constant(value=str(name)):
                help = f"write `{own}.{name}`" if name.isidentifier() else f"write `{own}.name_of_step`"
                return "a target of `self.next` is written in quotes", help
            case ast.Call(func=function) if _is_attribute_of(function, own):
                return (
                    "a target of `self.next` is called",
                    f"write `{ast.unparse(function)}`, without parentheses",
                )
            case ast.List() | ast.Tuple() | ast.Set():
                return (
                    "the targets of `self.next` stand in brackets",
                    "name each step: `self.next(self.a, self.b)`",
                )
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return f"a target of `self.next` is not an attribute of `{own}`", f"write `{own}.{attribute}`"
            case ast.IfExp():
                return "a target of `self.next` depends on a value", "go to one step, and decide inside it"
            case _:
                return f"`{shown}` is not a step", f"write `{own}.name_of_step`"

    def _items(self, node: ast.expr) -> str | None:
        value = self._constants.evaluate(node)
        if isinstance(value, str) and value.isidentifier():
            return value
        if _is_attribute_of(node, self._own) and isinstance(node, ast.Attribute):
            message, help = "`foreach` is given a value, not a name", f'write `foreach="{node.attr}"`'
        elif isinstance(value, str):
            message = f"`foreach` is not the name of an artifact: `{value}`"
            help = 'assign the items to an attribute, and name it: `foreach="xs"`'
        elif isinstance(node, ast.Name) and isinstance(value, NotConstant):
            message, help = "`foreach` is not a name in quotes", f'write `foreach="{node.id}"`'
        else:
            message = "`foreach` is given a value, not a name"
            help = 'assign the items to an attribute, and name it: `self.xs = ...`, `foreach="xs"`'
        self._error("FC124", node, message, help)
        return None


def _is_attribute_of(node: ast.expr, own: str) -> bool:
    return isinstance(node, ast.Attribute) and is_own(node, own, node.attr)
