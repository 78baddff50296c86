"""Running compiled output on this machine: the scheduler is real or emulated, only the compute is replaced."""
