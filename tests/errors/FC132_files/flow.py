from flowc import FlowSpec, IncludeFile, step

FOLDER = "data/"


class Files(FlowSpec):
    a = IncludeFile("a", default="nowhere.txt")  # FC132 at "nowhere.txt": the file `nowhere.txt` cannot be read: there is no such file
    b = IncludeFile("b", default="data")  # FC132 at "data": the file `data` cannot be read: it is a directory
    c = IncludeFile("c", default=FOLDER + "latin.txt")  # FC132 at FOLDER + "latin.txt": the file `data/latin.txt` is not text in utf-8
    d = IncludeFile("d", default="data/latin.txt", encoding="ascii")  # FC132 at "data/latin.txt": is not text in ascii
    e = IncludeFile("e", default="file:///dev/null", is_text=False)  # FC132 at "file:///dev/null": cannot be read: it is not a regular file
    f = IncludeFile("f", default="a\0b")  # FC132 at "a\0b": cannot be read: embedded null byte
    ok = IncludeFile("ok", default="data/latin.txt", encoding="latin-1")
    bytes = IncludeFile("bytes", default="data/latin.txt", is_text=False)
    later = IncludeFile("later", default="s3://bucket/key")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
