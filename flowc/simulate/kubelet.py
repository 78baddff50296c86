"""A pod in podman, as a command that behaves as its container does: `python kubelet.py POD.json`.

`podman kube play` takes the pod as a cluster's node would, though volumes in memory have no limit of their own. What
the container prints is this command's output, its exit code is this command's, and a signal to end is passed on. The
pod shares this machine's network, since servers that stand for AWS listen on 127.0.0.1, and is removed at the end.

A script for any interpreter, without flowc: Airflow's starts it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

UNKNOWN_TO_PODMAN = ("affinity", "nodeSelector", "tolerations", "serviceAccountName", "imagePullSecrets")
"""What chooses a node, or is kept by the cluster, and has no meaning on a single machine."""

OUT_OF_MEMORY = "OOMKilled"
"""How Kubernetes calls it; written behind the output, since an exit code cannot say it."""


def on_this_machine(pod: dict[str, Any]) -> dict[str, Any]:
    """The pod as one machine can run it."""
    spec = {name: value for name, value in pod["spec"].items() if name not in UNKNOWN_TO_PODMAN}
    metadata = {name: pod["metadata"][name] for name in ("name", "labels") if name in pod["metadata"]}
    containers = [{**c, "imagePullPolicy": "Never"} for c in spec["containers"]]
    spec |= {"containers": containers, "hostNetwork": True, "restartPolicy": "Never"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def podman(*words: str) -> subprocess.CompletedProcess[str]:
    """Call podman, and end with its own words where it fails."""
    done = subprocess.run(["podman", *words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"podman {words[0]}: {done.stderr.strip()}")
    return done


def main() -> None:
    """Run the pod that the argument names."""
    pod = on_this_machine(json.loads(Path(sys.argv[1]).read_bytes()))
    name = pod["metadata"]["name"]
    container = f"{name}-{pod['spec']['containers'][0]['name']}"
    signal.signal(signal.SIGTERM, lambda *_: podman("kill", "--signal", "TERM", container))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(pod, file)  # JSON is YAML
        file.flush()
        try:
            podman("kube", "play", "--quiet", file.name)
            subprocess.run(["podman", "logs", "--follow", container], stderr=subprocess.STDOUT)
            code = int(podman("wait", container).stdout)
            if podman("inspect", "--format", "{{.State.OOMKilled}}", container).stdout.strip() == "true":
                sys.stdout.write(f"{OUT_OF_MEMORY}\n")
        finally:
            podman("kube", "down", file.name)
    sys.exit(code)


if __name__ == "__main__":
    main()
