"""Functions of AWS Lambda that are made of the image, by `lambda:invoke`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from flowc import contract
from flowc.diagnostics import Diagnostic
from flowc.ir.steps import Step
from flowc.targets.aws import lambda_
from flowc.targets.aws.settings import check_forms
from flowc.targets.stepfunctions import asl
from flowc.targets.stepfunctions.asl import JsonObject
from flowc.targets.stepfunctions.computes.base import UNAVAILABLE, Compute, Variables, never, numbered

FIND = "arn:aws:states:::aws-sdk:lambda:getFunctionConfiguration"
CREATE = "arn:aws:states:::aws-sdk:lambda:createFunction"

NOT_THERE = "Lambda.ResourceNotFoundException"
EXISTS = "Lambda.ResourceConflictException"
"""Of createFunction: another execution was quicker. Of an invocation: the function is still being made."""

POLL_S = 5
"""Between two looks at a function that is being made.

Its invocations would be tried again as well, and their count is what a task is told of its own retries.
Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions(Compute):
    """Functions of Lambda."""

    name: ClassVar[str] = "lambda"
    resource: ClassVar[str] = "arn:aws:states:::lambda:invoke"
    # a function that was not used for weeks is not ready for some seconds
    # Source: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
    # Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    busy: ClassVar[tuple[str, ...]] = (
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ResourceNotReadyException",
        EXISTS,
    )
    final: ClassVar[tuple[str, ...]] = (contract.LAMBDA_INPUT_ERROR,)

    def definitions(self) -> dict[str, JsonObject]:
        if self.options.lambda_function is not None:
            return {}
        return dict(map(self._definition, self.steps))

    def making(self, name: str, request: JsonObject, *, number: int, following: str) -> tuple[asl.State, ...]:
        names = ("Find function", "Is it being made?", "Wait for function", "Create function")
        find, decide, wait, create = (numbered(state, number) for state in names)
        return (
            asl.Task(
                name=find,
                comment="The first run of this version creates the function from the image.",
                resource=FIND,
                parameters={"FunctionName": name},
                selector={"state.$": "$.State"},
                retry=(never(NOT_THERE), UNAVAILABLE),
                catch=(asl.Catcher(errors=(NOT_THERE,), next=create),),
                next=decide,
            ),
            asl.Choose(name=decide, variable="$.state", equals="Pending", then=wait, otherwise=following),
            asl.Wait(name=wait, seconds=POLL_S, next=find),
            asl.Task(
                name=create,
                resource=CREATE,
                parameters={"FunctionName": name, **request},
                retry=(never(EXISTS), UNAVAILABLE),
                catch=(asl.Catcher(errors=(EXISTS,), next=wait),),
                next=find,
            ),
        )

    def parameters(self, step: Step, variables: Variables) -> JsonObject:
        own = self.options.lambda_function
        return {
            "FunctionName": self._definition(step)[0] if own is None else own,
            "Payload": {"environment": dict((*self.common, *variables))},
        }

    def check_options(self) -> Iterator[Diagnostic]:
        options = self.options
        yield from check_forms({"lambda_role": options.lambda_role, "lambda_function": options.lambda_function})
        if options.lambda_function is not None:
            return
        if options.lambda_role is None:
            yield Diagnostic(
                code="FC001",
                message="functions of Lambda need --lambda-role",
                help="give the ARN of the role that tasks run with, or name a function of yours: --lambda-function",
            )
        if not lambda_.is_in_ecr(options.image):
            yield Diagnostic(
                code="FC001",
                message=f"Lambda takes images from ECR only, and `{options.image}` is not there",
                help="push it there, and give its name: --image 123456789012.dkr.ecr.REGION.amazonaws.com/NAME:TAG",
            )

    def check_step(self, step: Step) -> Iterator[Diagnostic]:
        yield from lambda_.check_function(step, function=self.options.lambda_function)

    def _definition(self, step: Step) -> tuple[str, JsonObject]:
        request = lambda_.function(step.policy, image=self.options.image, role=self.options.lambda_role or "")
        return lambda_.function_name(self.flow.deployed_name, request), request
