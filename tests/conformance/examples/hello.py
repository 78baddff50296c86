"""What `examples/hello.py` must leave."""

EXPECTED = {
    "state": "succeeded",
    "parameters": {"whom": "you {{ and }} me"},
    "tasks": {"start": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {"greeting": "Hello, you {{ and }} me!", "whom": "you {{ and }} me"},
        "end/_": {"greeting": "Hello, you {{ and }} me!", "whom": "you {{ and }} me"},
    },
}
