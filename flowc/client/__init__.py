"""Runs, steps, tasks and artifacts, for notebooks. Names are Metaflow's.

>>> from flowc import Flow
>>> Flow("ModelSearch").latest_run["score"].task.data.test_accuracy
"""

from flowc.client.objects import DataArtifact, Flow, Metaflow, Run, Step, Task

__all__ = ["DataArtifact", "Flow", "Metaflow", "Run", "Step", "Task"]
