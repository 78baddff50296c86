import metaflow as mf


class Attributes(mf.FlowSpec):
    @mf.step
    def start(self):
        with mf.S3() as s3:  # FC105 at mf.S3: does not have Metaflow's `S3`
            self.data = s3.get("x")
        self.next(self.end)

    @mf.step
    def end(self):
        print(mf.__version__, mf.curent)  # FC105 at mf.curent: flowc has no `curent`
