from flowc import FlowSpec, resources, step


class Resources(FlowSpec):
    @resources(cpu=0, memory=4096.5, gpu=-1)  # FC107 at 0: `cpu` must be a number from 0.001 to 1024, not 0  # FC107 at 4096.5: `memory` must be a whole number from 4 to 67108864  # FC107 at -1: `gpu` must be a whole number from 0 to 64
    @step
    def start(self):
        self.next(self.a)

    @resources(cpu="4x", memory="8e3", gpu=True, disk=0, shared_memory="1.5")  # FC107 at "4x": not '4x'  # FC107 at "8e3": not '8e3'  # FC107 at "1.5": not '1.5'  # FC107 at True: not True  # FC107 at 0: `disk` must be a whole number from 1 to 67108864, not 0
    @step
    def a(self):
        self.next(self.b)

    @resources(2, shared_memory=6.4, use_tmpfs=True)  # FC107 at 2: keyword arguments only  # FC107 at 6.4: `shared_memory` must be a whole number from 1  # FC107 at use_tmpfs=True: has no argument `use_tmpfs`
    @step
    def b(self):
        self.next(self.end)

    @resources(memory=input())  # FC107 at input(): `memory` must be known before a run
    @step
    def end(self):
        pass
