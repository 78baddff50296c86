"""One walk through one method, as Python would run it: reads and writes of `self` and of a join's inputs.

What is not seen through is noted as such: the flow object given to a function, names that are made at run time.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import NamedTuple, Protocol

from flowc.frontend.constants import Constants
from flowc.frontend.effects import Function, hides
from flowc.frontend.inputs import Input, Inputs
from flowc.frontend.record import Record
from flowc.frontend.report import Report
from flowc.ir.accesses import ITEM, Access, InputRead, Merge, Opaque, Probe, Read, Write

_OF_THE_TASK = frozenset({"foreach_stack", "index", "input"})
_OF_EVERY_FLOW = _OF_THE_TASK | {"merge_artifacts", "next"}
_OF_EVERY_OBJECT = frozenset({"__class__", "__doc__", "__module__"})
_HARMLESS = frozenset({"callable", "id", "isinstance", "type"})
"""Functions that do nothing with the flow object that they are given."""
_OPAQUE = frozenset({"eval", "exec", "globals", "locals", "super", "vars"})
"""Functions that may reach the flow object without being given it."""
_WHOLE = frozenset({"dict", "frozenset", "join", "list", "max", "min", "set", "sorted", "sum", "tuple"})
"""Functions that go through all of what they are given."""
_CATCHES = frozenset({"AttributeError", "BaseException", "Exception"})
_SUPPRESSES = frozenset({"raises", "suppress"})
_CATCHES_OTHERS = frozenset(
    """
    ArithmeticError AssertionError BrokenPipeError ConnectionError EOFError FileExistsError FileNotFoundError
    FloatingPointError ImportError IndexError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
    ModuleNotFoundError NotADirectoryError NotImplementedError OSError OverflowError PermissionError RecursionError
    RuntimeError StopIteration SyntaxError SystemExit TimeoutError TypeError UnicodeDecodeError UnicodeError ValueError
    ZeroDivisionError
    """.split()  # noqa: SIM905 - a table is read more easily than a column of quotes
)
"""Exceptions of Python's own; a handler of any other may be for an artifact that is missing."""


class Code(NamedTuple):
    """A method, and where it stands.

    Attributes:
        report: Knows the places of its file.
        constants: Of its file.
    """

    node: Function
    report: Report
    constants: Constants


class Summary(NamedTuple):
    """What a method does, whoever calls it.

    Attributes:
        accesses: In order, at most a few of each name.
        later: Reads at an unknown time after.
        result: What its value is visibly made of.
    """

    accesses: tuple[Access, ...]
    later: tuple[Access, ...]
    result: frozenset[str]


class Methods(Protocol):
    """The methods that code may call on `self`."""

    @property
    def steps(self) -> Container[str]:
        """Names of the steps."""

    def is_helper(self, name: str) -> bool:
        """Whether it is a method that is no step."""

    def is_property(self, name: str) -> bool:
        """Whether to name a helper is to run it."""

    def helper(self, name: str) -> Summary:
        """What a helper does."""

    def overridden(self, node: ast.expr) -> str | None:
        """The name of the helper that an expression such as `super().load` stands for."""


class _Value(NamedTuple):
    """What is assigned, and what it is made of.

    Attributes:
        node: None where it is made in another way than by one expression.
        source: What its text is; None where a text would say nothing.
        part: To be put after the text.
    """

    node: ast.expr | None
    source: ast.expr | ast.stmt | None
    uses: frozenset[str]
    part: str = ""


class Walk:
    """One walk through one method."""

    def __init__(self, code: Code, methods: Methods, own: str, inputs: str | None, via: str) -> None:
        self._code = code
        self._methods = methods
        self._own = own
        self._via = via
        self._record = Record()
        self._inputs = Inputs(code.node, inputs)
        if self._inputs.is_rebound:
            self._inputs = Inputs(code.node, None)
            self._record.add(Opaque(inputs=True))
        self._uses: set[str] = set()
        self._result: set[str] = set()
        self._variables: dict[str, set[str]] = {}

    def summary(self) -> Summary:
        """Walk."""
        if _is_lazy(self._code.node):
            self._defer(self._code.node.body)
        else:
            self._block(self._code.node.body)
        return Summary(
            accesses=self._record.accesses(),
            later=tuple(dict.fromkeys(self._record.later)),
            result=frozenset(self._result),
        )

    def _write(self, name: str, node: ast.expr, value: _Value) -> None:
        if name in _OF_EVERY_FLOW or name.startswith("__"):
            return
        if self._methods.is_helper(name):
            self._use_helper(name)
            return
        constant = _constant(value.node)
        write = Write(
            name=name,
            span=self._code.report.span(node),
            via=self._via,
            text=self._text(value) if constant is None else constant,
            constant=constant is not None,
            literal=value.node is not None and _is_literal(value.node),
            uses=tuple(value.uses),
        )
        self._record.write(write)

    def _use_helper(self, name: str) -> None:
        """A helper runs here."""
        summary = self._methods.helper(name)
        for access in summary.accesses:
            if isinstance(access, Write):
                self._record.write(access)
            else:
                self._record.add(access)
        self._record.add_later(summary.later)
        self._uses |= summary.result

    def _block(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Delete() | ast.Expr():
                self._simple(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
            case ast.ClassDef():
                self._expressions([*node.decorator_list, *node.bases, *(k.value for k in node.keywords)])
                self._block(node.body)
            case ast.Return(value=value):
                self._result |= self._value(value).uses if value is not None else set()
                self._record.leave()
            case ast.Raise() | ast.Break() | ast.Continue():
                self._expressions(_children(node))
                self._record.certain = None
            case _:
                self._compound(node)

    def _simple(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Delete | ast.Expr) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                made = self._value(value)
                for target in targets:
                    self._assign(target, made)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self._assign(target, self._value(value))
            case ast.AugAssign(target=target, value=value):
                self._augmented(node, target, value)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target)
            case ast.Expr(value=value):
                made = self._value(value)
                if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
                    self._changed(value.func.value, made)

    def _compound(self, node: ast.stmt) -> None:
        match node:
            case ast.If():
                self._if(node)
            case ast.For() | ast.AsyncFor():
                self._for(node)
            case ast.While(test=test, body=body, orelse=orelse):
                with self._record.loop():
                    self._expression(test)
                    self._block(body)
                with self._record.maybe():
                    self._block(orelse)
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.Match():
                self._match(node)
            case _:
                self._expressions(_children(node))

    def _if(self, node: ast.If) -> None:
        self._expression(node.test)
        if isinstance(node.test, ast.Constant):
            self._block(node.body if node.test.value else node.orelse)
            return
        self._alternatives([node.body, node.orelse])

    def _match(self, node: ast.Match) -> None:
        self._expression(node.subject)
        arms = [[ast.Expr(value=case.guard), *case.body] if case.guard else case.body for case in node.cases]
        last = node.cases[-1]
        if last.guard is not None or not isinstance(last.pattern, ast.MatchAs) or last.pattern.pattern is not None:
            arms.append([])
        self._alternatives(arms)

    def _alternatives(self, arms: Iterable[Iterable[ast.stmt]]) -> None:
        """One of several blocks runs."""
        fork = self._record.fork()
        for arm in arms:
            with fork.way():
                self._block(arm)
        fork.join()

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        value = self._iterated(node.iter, node.target)
        bound = self._inputs.elements(node.iter, node.target)
        with self._record.loop():
            self._assign(node.target, value)
            self._inputs.bind(bound, -1 if _breaks(node.body) else self._record.conditions)
            self._block(node.body)
        for name in bound:
            self._inputs.forget(name)
        with self._record.maybe():
            self._block(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self._value(item.context_expr)
            if item.optional_vars is not None:
                self._assign(item.optional_vars, value._replace(node=None, source=None))
        if any(_mentions(item.context_expr, _CATCHES | _SUPPRESSES) for item in node.items):
            with self._record.maybe(), self._record.guarded():
                self._block(node.body)
        else:
            self._block(node.body)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        record = self._record
        fork = record.fork()
        with record.guarded() if any(_catches(h.type) for h in node.handlers) else nullcontext():
            self._block(node.body)
        self._block(node.orelse)
        end = record.certain
        for handler in node.handlers:
            with fork.way():
                self._block(handler.body)
        fork.join(end)
        self._block(node.finalbody)

    def _function(self, node: Function) -> None:
        defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
        self._expressions([*node.decorator_list, *defaults])
        if not hides(node, self._own):
            self._defer(node.body)

    def _defer(self, body: Iterable[ast.stmt | ast.expr]) -> None:
        """What runs at an unknown time, or never."""
        result = set(self._result)
        with self._record.defer():
            for node in body:
                if isinstance(node, ast.stmt):
                    self._statement(node)
                else:
                    self._expression(node)
        self._result = result

    def _assign(self, target: ast.expr, value: _Value) -> None:
        match target:
            case ast.Name(id=own) if own == self._own:
                self._record.add(Opaque())
            case ast.Name(id=name):
                self._variables.setdefault(name, set()).update(value.uses)
                self._inputs.forget(name)
                if value.node is not None:
                    self._inputs.alias(name, value.node)
            case ast.Attribute(value=ast.Name(id=own), attr=name) if own == self._own:
                self._write(name, target, value)
            case ast.Starred(value=inner):
                self._assign(inner, value._replace(node=None))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for number, (inner, part) in enumerate(zip(targets, _parts(value.node, targets), strict=True)):
                    self._assign(inner, value._replace(node=part, part=f"{value.part}[{number}]"))
            case _:
                self._expressions(_children(target))
                self._changed(target, value)

    def _augmented(self, node: ast.AugAssign, target: ast.expr, value: ast.expr) -> None:
        outer, self._uses = self._uses, set()
        match target:
            case ast.Attribute(value=ast.Name(id=own), attr=name) if own == self._own:
                self._load(name, target)
            case ast.Name(id=name):
                self._uses |= self._variables.get(name, set())
            case _:
                self._expressions(_children(target))
        made = self._value(value)
        uses, self._uses = frozenset(self._uses | made.uses), outer
        self._assign(target, _Value(node=None, source=node, uses=uses))

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Attribute(value=ast.Name(id=own), attr=name) if own == self._own:
                self._record.add(Probe(name=name))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for inner in targets:
                    self._delete(inner)
            case ast.Name(id=name):
                self._inputs.forget(name)
            case _:
                self._expressions(_children(target))

    def _changed(self, target: ast.expr, value: _Value) -> None:
        """A local value is changed in place, by `rows.append(...)`, `rows[0] = ...`."""
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        if isinstance(target, ast.Name) and target.id != self._own:
            self._variables.setdefault(target.id, set()).update(value.uses)

    def _iterated(self, node: ast.expr, target: ast.expr) -> _Value:
        """What a loop goes through; each element is made of it."""
        if not self._inputs.elements(node, target):
            return self._value(node)._replace(node=None, source=None)
        if isinstance(node, ast.Call):
            self._by_key(node)
        return _Value(node=None, source=None, uses=frozenset())

    def _value(self, node: ast.expr) -> _Value:
        outer, self._uses = self._uses, set()
        self._expression(node)
        uses, self._uses = frozenset(self._uses), outer
        self._uses |= uses
        return _Value(node=node, source=node, uses=uses)

    def _text(self, value: _Value) -> str:
        if value.source is None:
            return ""
        span = self._code.report.span(value.source)
        return self._code.report.source.data[span.start : span.end].decode() + value.part

    def _expressions(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            if isinstance(node, ast.expr):
                self._expression(node)
            else:
                self._expressions(_children(node))

    def _expression(self, node: ast.expr) -> None:
        match node:
            case ast.Constant():
                pass
            case ast.Name():
                self._name(node)
            case ast.Attribute():
                self._attribute(node)
            case ast.Call():
                self._call(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, whole=not isinstance(node, ast.GeneratorExp))
            case ast.Lambda() | ast.NamedExpr() | ast.IfExp() | ast.BoolOp() | ast.Compare():
                self._not_always(node)
            case ast.Subscript() if self._inputs.one_of(node) is not None:
                self._record.add(Opaque(inputs=True))
            case _:
                self._expressions(_children(node))

    def _not_always(self, node: ast.Lambda | ast.NamedExpr | ast.IfExp | ast.BoolOp | ast.Compare) -> None:
        match node:
            case ast.Lambda(args=arguments, body=body):
                self._expressions(d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None)
                if not hides(node, self._own):
                    self._defer([body])
            case ast.NamedExpr(target=target, value=value):
                self._assign(target, self._value(value))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._expression(test)
                self._possibly([body])
                self._possibly([orelse])
            case ast.BoolOp(values=[first, *others]):
                self._expression(first)
                self._possibly(others)
            case ast.Compare(left=left, comparators=[first, *others]):
                self._expressions([left, first])
                self._possibly(others)
            case _:
                raise AssertionError(node)

    def _possibly(self, nodes: Iterable[ast.expr]) -> None:
        with self._record.maybe():
            self._expressions(nodes)

    def _name(self, node: ast.Name) -> None:
        if node.id == self._own:
            self._record.add(Opaque())
        elif self._inputs.mentions(node.id):
            self._record.add(Opaque(inputs=True))
        self._uses |= self._variables.get(node.id, set())

    def _attribute(self, node: ast.Attribute) -> None:
        overridden = self._methods.overridden(node)
        if overridden is not None:
            self._pass_on(overridden)
        elif self._is_own(node.value):
            self._load(node.attr, node)
        elif (found := self._inputs.one_of(node.value)) is not None:
            if isinstance(node.value, ast.Call):
                self._by_key(node.value)
            self._load_input(found, node.attr, node)
        elif self._inputs.one_of(node) is not None:
            self._record.add(Opaque(inputs=True))
        else:
            self._expression(node.value)

    def _load(self, name: str, node: ast.expr) -> None:
        if name in _OF_THE_TASK:
            self._uses.add(ITEM)
        elif self._methods.is_helper(name):
            if self._methods.is_property(name):
                self._use_helper(name)
            else:
                self._pass_on(name)
        elif name == "merge_artifacts" or name == "_flowc" or name in self._methods.steps:
            self._record.add(Opaque())
        elif name.startswith("__"):
            if name.endswith("__") and name not in _OF_EVERY_OBJECT:
                self._record.add(Opaque())
        elif name != "next":
            self._record.add(Read(name=name, span=self._code.report.span(node), via=self._via))
            self._uses.add(name)

    def _pass_on(self, name: str) -> None:
        """A helper is named, and may be called at any time."""
        with self._record.defer():
            self._use_helper(name)

    def _call(self, node: ast.Call) -> None:
        overridden = self._methods.overridden(node.func)
        if overridden is not None:
            self._arguments(node, 1 if node.args and self._is_own(node.args[0]) else 0)
            self._use_helper(overridden)
            return
        match node.func:
            case ast.Attribute(value=ast.Name(id=own), attr=name) if own == self._own:
                if name == "next":
                    return
                if name == "merge_artifacts":
                    self._merge(node)
                elif self._methods.is_helper(name) and not self._methods.is_property(name):
                    self._arguments(node)
                    self._use_helper(name)
                else:
                    self._load(name, node.func)
                    self._arguments(node)
            case ast.Name(id=name):
                self._function_call(name, node)
            case _:
                self._expression(node.func)
                self._arguments(node)

    def _function_call(self, name: str, node: ast.Call) -> None:
        match name, node.args:
            case (("getattr" | "hasattr" | "setattr" | "delattr"), [subject, *_]) if self._is_known(subject):
                self._expressions(node.args[1:])
                self._by_name(name, subject, node)
            case "len", [argument] if self._inputs.all_of(argument):
                pass
            case (("min" | "max" | "sorted"), [argument]) if self._inputs.all_of(argument):
                self._by_key(node)
                self._record.add(Opaque(inputs=True))
            case _:
                self._uses |= self._variables.get(name, set())
                harmless = name in _HARMLESS and node.args and self._is_known(node.args[0])
                if name in _OPAQUE:
                    self._record.add(Opaque())
                self._arguments(node, 1 if harmless else 0)

    def _arguments(self, node: ast.Call, first: int = 0) -> None:
        whole = isinstance(node.func, ast.Name | ast.Attribute) and _last_name(node.func) in _WHOLE
        for argument in (*node.args[first:], *(keyword.value for keyword in node.keywords)):
            if isinstance(argument, ast.GeneratorExp):
                self._comprehension(argument, whole=whole, consumed=True)
            else:
                self._expression(argument)

    def _by_name(self, function: str, subject: ast.expr, node: ast.Call) -> None:
        """`getattr(self, "x")` and the like."""
        named = node.args[1] if len(node.args) > 1 else None
        found = self._inputs.one_of(subject)
        if not isinstance(named, ast.Constant) or not isinstance(named.value, str):
            self._record.add(Opaque() if found is None else Opaque(inputs=True))
        elif function in ("hasattr", "delattr") or (function == "getattr" and len(node.args) > 2):
            self._record.add(Probe(name=named.value))
            self._uses.add(named.value)
        elif function == "getattr" and found is not None:
            self._load_input(found, named.value, node)
        elif function == "getattr":
            self._load(named.value, node)
        elif found is None and len(node.args) > 2:
            uses = self._value(node.args[2]).uses
            self._write(named.value, node, _Value(node=node.args[2], source=node.args[2], uses=uses))

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        *,
        whole: bool,
        consumed: bool = False,
    ) -> None:
        """Args: whether all elements are made, and whether that is now."""
        first = node.generators[0]
        value = self._iterated(first.iter, first.target)
        later = isinstance(node, ast.GeneratorExp) and not consumed
        with self._record.defer() if later else nullcontext(), self._inputs.scope(), self._record.loop():
            certain = whole and len(node.generators) == 1 and not first.ifs
            self._element(first, value, self._record.conditions if certain else -1)
            for inner in node.generators[1:]:
                self._element(inner, self._iterated(inner.iter, inner.target), -1)
            self._expressions([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

    def _element(self, generator: ast.comprehension, value: _Value, depth: int) -> None:
        self._assign(generator.target, value)
        self._inputs.bind(self._inputs.elements(generator.iter, generator.target), depth)
        self._expressions(generator.ifs)

    def _is_known(self, node: ast.expr) -> bool:
        return self._is_own(node) or self._inputs.one_of(node) is not None

    def _is_own(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == self._own

    def _load_input(self, found: Input, name: str, node: ast.expr) -> None:
        if name in _OF_EVERY_FLOW or name in self._methods.steps:
            return
        if self._methods.is_helper(name) or name.startswith("_"):
            self._record.add(Opaque(inputs=True))
            return
        every = found.branch is None and found.depth == self._record.conditions and not self._record.deferred
        span = self._code.report.span(node)
        self._record.add(InputRead(name=name, span=span, branch=found.branch, every=every))

    def _by_key(self, node: ast.Call) -> None:
        """`max(inputs, key=lambda i: i.score)`, and other calls that go through the inputs."""
        self._expressions(a for a in node.args if not self._inputs.all_of(a))
        for keyword in node.keywords:
            match keyword.value:
                case ast.Lambda(args=ast.arguments(args=[argument], posonlyargs=[], kwonlyargs=[]), body=body):
                    with self._inputs.scope():
                        self._inputs.bind({argument.arg: Input(branch=None, depth=-1)}, self._record.conditions)
                        self._expression(body)
                case other:
                    self._record.add(Opaque(inputs=True))
                    self._expression(other)

    def _merge(self, node: ast.Call) -> None:
        arguments = {keyword.arg: keyword.value for keyword in node.keywords}
        self._expressions(a for a in node.args if not self._inputs.all_of(a))
        self._expressions(a for a in arguments.values() if not self._inputs.all_of(a))
        given = [*node.args, *([arguments.pop("inputs")] if "inputs" in arguments else [])]
        names = {name: self._names(value) for name, value in arguments.items()}
        known = len(given) == 1 and self._inputs.all_of(given[0]) and None not in names.values()
        known = known and len(names) <= 1 and names.keys() <= {"include", "exclude"}
        self._record.add(
            Merge(
                span=self._code.report.span(node),
                include=names.get("include") if known else None,
                exclude=(names.get("exclude") or ()) if known else (),
                known=known,
                certain=not self._record.conditions,
            )
        )

    def _names(self, node: ast.expr) -> tuple[str, ...] | None:
        """Names of artifacts in an argument; None if they cannot be told."""
        if isinstance(node, ast.Set):
            node = ast.Tuple(elts=node.elts, ctx=ast.Load())
        value = self._code.constants.evaluate(node)
        if isinstance(value, list | tuple | dict) and all(isinstance(name, str) for name in value):
            return tuple(value)
        return None


def _children(node: ast.AST) -> Iterator[ast.AST]:
    return (c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.expr_context | ast.operator | ast.cmpop))


def _last_name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _is_lazy(node: Function) -> bool:
    """Whether a call does not run the body yet."""
    if isinstance(node, ast.AsyncFunctionDef):
        return True
    pending: list[ast.AST] = list(node.body)
    while pending:
        inner = pending.pop()
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(inner))
    return False


def _breaks(body: Iterable[ast.stmt]) -> bool:
    """Whether a loop may go on to the next element, or end, in the middle."""
    leaving = (ast.Break, ast.Continue, ast.Return, ast.Raise)
    return any(isinstance(node, leaving) for statement in body for node in ast.walk(statement))


def _mentions(node: ast.expr, names: frozenset[str]) -> bool:
    return any(isinstance(part, ast.Name | ast.Attribute) and _last_name(part) in names for part in ast.walk(node))


def _catches(caught: ast.expr | None) -> bool:
    """Whether a handler may be there for an artifact that is missing."""
    if caught is None:
        return True
    parts = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return not all(isinstance(p, ast.Name | ast.Attribute) and _last_name(p) in _CATCHES_OTHERS for p in parts)


def _parts(node: ast.expr | None, targets: Sequence[ast.expr]) -> Sequence[ast.expr | None]:
    """What each of several targets gets, if that is written out."""
    if not isinstance(node, ast.Tuple | ast.List) or len(node.elts) != len(targets):
        return [None] * len(targets)
    starred = any(isinstance(part, ast.Starred) for part in (*node.elts, *targets))
    return [None] * len(targets) if starred else node.elts


def _constant(node: ast.expr | None) -> str | None:
    """A text that is equal for equal values, for the kinds of values where that is certain."""
    match node:
        case ast.Constant(value=value) if isinstance(value, int | str | bytes | None):
            return f"{type(value).__name__}:{value!r}"
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if not isinstance(value, bool):
            return f"int:{-value!r}"
        case _:
            return None


def _is_literal(node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=operand):
            return _is_literal(operand)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return all(_is_literal(part) for part in parts)
        case ast.Dict(keys=keys, values=values):
            return all(_is_literal(part) for part in (*keys, *values) if part is not None)
        case ast.Call(func=ast.Name(id="dict" | "list" | "set"), args=[], keywords=[]):
            return True
        case _:
            return False
