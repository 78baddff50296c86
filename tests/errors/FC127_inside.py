from flowc import FlowSpec, step


class Inside(FlowSpec):
    @step
    def start(self):
        if self.x:
            self.next(self.a)  # FC127 at self.next(self.a): `self.next` of step `start` stands inside an `if`

    @step
    def a(self):
        for _ in range(3):
            self.next(self.b)  # FC127 at self.next(self.b): stands inside a `for`

    @step
    def b(self):
        while True:
            self.next(self.c)  # FC127: stands inside a `while`

    @step
    def c(self):
        try:
            self.next(self.d)  # FC127: stands inside a `try`
        except ValueError:
            pass

    @step
    def d(self):
        with open("x"):
            self.next(self.e)  # FC127: stands inside a `with`

    @step
    def e(self):
        def go():
            self.next(self.f)  # FC127: stands inside a nested function

        go()

    @step
    def f(self):
        return self.next(self.g)  # FC127 at self.next(self.g): stands inside a `return`

    @step
    def g(self):
        match self.x:
            case 1:
                self.next(self.h)  # FC127: stands inside a `match`

    @step
    def h(self):
        x = self.next(self.i)  # FC127: stands inside an expression

    @step
    def i(self):
        self.x and self.next(self.j)  # FC127: stands inside an expression

    @step
    def j(self):
        (lambda: self.next(self.end))()  # FC127: stands inside a nested function

    @step
    def end(self):
        pass
