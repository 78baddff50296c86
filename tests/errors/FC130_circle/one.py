from two import Two


class One(Two):
    pass
