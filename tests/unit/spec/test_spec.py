"""What a flow's source uses has Metaflow's signatures."""

from __future__ import annotations

import inspect

from flowc import FlowSpec


def test_positional_arguments_mean_what_they_mean_in_metaflow() -> None:
    # Source: https://docs.metaflow.org/api/flowspec
    assert list(inspect.signature(FlowSpec.merge_artifacts).parameters) == ["self", "inputs", "exclude", "include"]
