from flowc import FlowSpec, kubernetes, step


class Pods(FlowSpec):
    @kubernetes(image="team image", memory=1, qos="best")  # FC107 at "team image": which is not the name of an image  # FC107 at 1: `memory` must be a whole number from 4  # FC107 at "best": `qos` cannot be 'best'
    @step
    def start(self):
        self.next(self.a)

    @kubernetes(compute_pool="pool", node_selectors={})  # FC107 at compute_pool="pool": does not compile `@kubernetes(compute_pool=...)`  # FC107 at node_selectors={}: has no argument `node_selectors`
    @step
    def a(self):
        self.next(self.end)

    @step
    def end(self):
        pass
