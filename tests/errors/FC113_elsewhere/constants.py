from time import time

COUNT = 3
NOW = time()
LIMITS = [1, 2]
