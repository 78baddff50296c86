"""The step-runner image: what goes into it, and how a container engine builds it."""
