from flowc import FlowSpec, batch, kubernetes, resources, step


class Mounts(FlowSpec):
    @kubernetes(use_tmpfs=True, tmpfs_path="/data", persistent_volume_claims={"models": "/models", "data": "/data/"})
    @step
    def start(self):  # FC107 at start: mounts its file system in memory and the claim `data` at `/data/`
        self.next(self.a)

    @kubernetes(persistent_volume_claims={"shared": "/dev/shm"})
    @resources(shared_memory=100)
    @step
    def a(self):  # FC107 at a: mounts its shared memory and the claim `shared` at `/dev/shm`
        self.next(self.end)

    @batch(host_volumes=["/mnt/fs-12345678"], efs_volumes=["fs-12345678"])
    @step
    def end(self):  # FC107 at end: mounts the machine's folder `/mnt/fs-12345678` and the file system `fs-12345678`
        pass
