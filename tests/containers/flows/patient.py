"""Waits until somebody ends it, and tidies up then."""

import time

from flowc import FlowSpec, step


class Patient(FlowSpec):
    @step
    def start(self):
        print("waiting", flush=True)
        try:
            while True:
                time.sleep(0.01)
        finally:
            print("tidied")
        self.next(self.end)

    @step
    def end(self):
        pass
