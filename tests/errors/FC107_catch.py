from flowc import FlowSpec, catch, step


class Caught(FlowSpec):
    @catch(var="not a name", print_exception=1)  # FC107 at "not a name": `var` must be a name that an artifact can have, not 'not a name'  # FC107 at 1: `print_exception` must be True or False, not 1
    @step
    def start(self):
        self.next(self.a)

    @catch(var="index")  # FC107 at "index": not 'index'
    @step
    def a(self):
        self.next(self.b)

    @catch(var="_hidden")  # FC107 at "_hidden": not '_hidden'
    @step
    def b(self):
        self.next(self.c)

    @catch("failure")  # FC107 at "failure": keyword arguments only
    @step
    def c(self):
        self.next(self.end)

    @catch(var=open("x").read())  # FC107 at open("x").read(): `var` must be known before a run
    @step
    def end(self):
        pass
