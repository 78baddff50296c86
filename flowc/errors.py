"""Errors that flowc raises on purpose.

Problems in a user's source are not exceptions but `flowc.diagnostics.Diagnostic` values. What remains is here: the
environment failed (a store, an engine), or a caller asked for something that does not exist.
"""


class FlowcError(Exception):
    """The root of all errors that flowc raises on purpose; the message is written for the user."""


class StoreError(FlowcError):
    """A store could not be read or written: missing credentials, no such bucket, a full disk."""


class ObjectNotFound(StoreError):
    """The store has no object at a key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no object `{key}` in the store")
        self.key = key


class ContractError(FlowcError):
    """What a scheduler handed to the runner is not what this runner understands."""


class ParameterError(FlowcError):
    """A run was started with a parameter that the flow does not have, or with a value of another type."""


class SecretError(Exception):
    """A secret of a step cannot be had, or cannot be used: a failure of the step; the message has none of its value."""
