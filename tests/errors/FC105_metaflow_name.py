from metaflow import S3, FlowSpec, step  # FC105 at S3: does not have Metaflow's `S3`


class Imports(FlowSpec):
    @step
    def start(self):
        from metaflow import namespace  # FC105 at namespace: does not have Metaflow's `namespace`

        self.next(self.end)

    @step
    def end(self):
        pass
