COUNT = 3


def day():
    return "Monday"
