"""What the Airflow target needs to know beside the flow."""

from __future__ import annotations

from dataclasses import dataclass

from flowc.targets.base import CompileOptions, Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowOptions(CompileOptions):
    """What the Airflow target needs to know.

    Attributes:
        namespace: The Kubernetes namespace of the pods; None leaves it to Airflow's connection.
        service_account: The Kubernetes service account of the pods; None takes the namespace's default one.
    """

    namespace: str | None = None
    service_account: str | None = None


SETTINGS = (
    Setting(name="namespace", help="Kubernetes namespace of the pods.", default=None),
    Setting(name="service_account", help="Kubernetes service account of the pods.", default=None),
)
