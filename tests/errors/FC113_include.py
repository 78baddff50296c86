from flowc import FlowSpec, IncludeFile, step


class Includes(FlowSpec):
    a = IncludeFile("a", default=3)  # FC113 at 3: `default` of parameter `a` is not a string
    b = IncludeFile("b", encoding="utf9")  # FC113 at "utf9": an encoding that Python does not know: `utf9`
    c = IncludeFile("c", encoding="hex")  # FC113 at "hex": an encoding that Python does not know: `hex`
    d = IncludeFile("d", is_text=False, encoding="utf-8")  # FC113 at "utf-8": has an encoding, and its file is not text
    e = IncludeFile("e", is_text="no")  # FC113 at "no": `is_text` of parameter `e` is not True or False
    f = IncludeFile("f", True, default="FC113_include.py")  # FC113 at True: parameter `f` is required and has a default
    g = IncludeFile("g", parser=str.split)  # FC113 at str.split: does not compile `parser` of parameter `g`
    h = IncludeFile("h", type=str)  # FC113 at type=str: has an argument `type` that flowc does not know
    i = IncludeFile("i", False, True, None, "help", None, "x")  # FC113 at "x": too many positional arguments
    j = IncludeFile("j", default=missing.name)  # FC113 at missing: there is no `missing` here
    ok = IncludeFile("ok", False, True, "latin-1", "its help", default="FC113_include.py")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
