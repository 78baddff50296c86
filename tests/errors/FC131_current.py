from metaflow import FlowSpec, current, step


class Facts(FlowSpec):
    @step
    def start(self):
        print(current.username)  # FC131 at current.username: this version's `current` does not know `username`
        print(current.run_idd)  # FC131 at current.run_idd: does not know `run_idd`
        self.run = current.run_id
        self.next(self.end)

    @step
    def end(self):
        print(current.get("x"))  # FC131 at current.get: does not know `get`
