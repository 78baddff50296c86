"""The intermediate form: what a flow is, independent of any scheduler.

`graph` is the flat form that names are resolved in; `regions` is the tree that everything after works on.
"""
