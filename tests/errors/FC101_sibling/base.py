class Base()  # FC101: the file is not valid Python: expected ':'
    pass
