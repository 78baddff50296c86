"""What FC107 lets through, against the same oracles: neither stricter nor laxer."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.frontend import forms
from flowc.frontend.forms import Form
from flowc.frontend.tolerations import read_tolerations
from tests.vendors import pods
from tests.vendors.test_checks import POD

NAMES = st.one_of(
    st.text("aZ0-_./", max_size=8),
    st.builds(
        lambda n, end: "a" * n + end,
        st.sampled_from([61, 62, 63, 64, 251, 252, 253, 254]),
        st.text("aZ0-./", max_size=4),
    ),
)


def pod_with(form: str, text: str) -> dict[str, Any]:
    """A sound pod but for one text."""
    pod = copy.deepcopy(POD)
    spec, metadata = pod["spec"], pod["metadata"]
    match form:
        case "namespace":
            metadata["namespace"] = text
        case "secret":
            spec["imagePullSecrets"] = [{"name": text}]
        case "label":
            metadata["labels"] = {text: ""}
        case "label value":
            spec["nodeSelector"] = {"a": text}
        case "mount":
            spec["containers"][0]["volumeMounts"][0]["mountPath"] = text
    return pod


FORMS: dict[str, Form] = {
    "namespace": forms.NAMESPACE,
    "secret": forms.kubernetes_name("a secret", "a"),
    "label": forms.LABEL,
    "label value": forms.LABEL_VALUE,
}


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None)
@given(text=NAMES)
def test_names_of_kubernetes(name: str, text: str) -> None:
    assert FORMS[name].fits(text) == (pods.problems(pod_with(name, text)) == [])


@settings(deadline=None)
@given(text=st.text("a/.: ", max_size=8))
def test_what_can_be_mounted_can_be_mounted_in_a_pod(text: str) -> None:
    if forms.MOUNT.fits(text):
        assert pods.problems(pod_with("mount", text)) == []


class Given:
    """The one argument of `@kubernetes` that matters, and what is said of it."""

    def __init__(self, value: object) -> None:
        self.value = value
        self.said: list[str] = []

    def any(self, _name: str, _kind: str) -> object:
        return self.value

    def wrong(self, _name: str, message: str, _help: str) -> None:
        self.said.append(message)


TOLERATIONS = st.fixed_dictionaries(
    {},
    optional={
        "key": st.sampled_from(["", "a", "a b", "a.b/c"]),
        "operator": st.sampled_from(["", "Exists", "Equal", "exists", "In"]),
        "value": st.sampled_from(["", "b", "b c"]),
        "effect": st.sampled_from(["", "NoSchedule", "PreferNoSchedule", "NoExecute", "NoRun"]),
        "tolerationSeconds": st.sampled_from([-1, 0, 60]),
    },
)


@settings(deadline=None)
@given(fields=TOLERATIONS)
def test_tolerations(fields: dict[str, Any]) -> None:
    asked = Given([fields])
    found = read_tolerations(asked)  # type: ignore[arg-type]
    pod = copy.deepcopy(POD)
    pod["spec"]["tolerations"] = [fields]
    assert (asked.said == []) == (pods.problems(pod) == [])
    assert found == (() if asked.said else (fields,))
