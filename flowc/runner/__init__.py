"""One task, from its address to its saved outputs. Imports nothing of the compiler."""
