"""What a flow is compiled to: one module or package a scheduler, each exposing `TARGET`."""
