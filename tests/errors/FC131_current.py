from metaflow import FlowSpec, current, step


class Facts(FlowSpec):
    @step
    def start(self):
        print(current.user)  # FC131 at current.user: this version's `current` does not know `user`
        print(current.run_idd)  # FC131 at current.run_idd: does not know `run_idd`
        self.run = current.run_id
        self.next(self.end)

    @step
    def end(self):
        print(current.namespace)  # FC131 at current.namespace: flowc's `current` does not have Metaflow's `namespace`
        print(current.run.data)  # FC131 at current.run: flowc's `current` does not have Metaflow's `run`
        print(current.get("username"), "tags" in current, current.parallel.node_index)  # FC131 at current.parallel: Metaflow's `parallel`
