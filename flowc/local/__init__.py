"""Running a flow on this machine: a scheduler, and a zygote that forks a process for each task."""
