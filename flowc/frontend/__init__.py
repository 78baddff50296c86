"""From source to `FlowDecl`: what a file declares, read without running it."""

from flowc.frontend.choices import NO_CHOICES, Choices
from flowc.frontend.decl import FlowDecl, StepDecl, TargetDecl, TransitionDecl
from flowc.frontend.parse import parse_flow
from flowc.frontend.read import decode_source, read_source
from flowc.frontend.siblings import Siblings

__all__ = [
    "NO_CHOICES",
    "Choices",
    "FlowDecl",
    "Siblings",
    "StepDecl",
    "TargetDecl",
    "TransitionDecl",
    "decode_source",
    "parse_flow",
    "read_source",
]
