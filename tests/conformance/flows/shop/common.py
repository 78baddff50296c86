"""What the modules of the shop call flowc's names."""

try:
    from metaflow import FlowSpec as Flow, Parameter, retry, step as stage
except ImportError:
    from flowc import FlowSpec as Flow, Parameter, retry, step as stage
