"""What flowc costs, measured on the machine at hand; `make bench` runs all of it."""
