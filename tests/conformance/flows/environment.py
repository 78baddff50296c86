"""Environment variables of a step: seen by its code and what it starts, and by no other step."""

import os
import subprocess

from metaflow import FlowSpec, environment, step

TEXT = "quotes \" ' $HOME $(FLOWC_STEP) $$ {{ run_id }}\n\tdollars and ümlauts ☃"


class Environment(FlowSpec):
    @environment(vars={"FLOW_MODE": "first", "FLOW_TEXT": TEXT, "FLOW_EMPTY": ""})
    @step
    def start(self):
        self.mode = os.environ["FLOW_MODE"]
        self.text = os.environ["FLOW_TEXT"]
        self.empty = os.environ["FLOW_EMPTY"]
        self.told = subprocess.check_output(["sh", "-c", "printf %s $FLOW_MODE"], text=True)
        self.items = "ab"
        self.next(self.body, foreach="items")

    @environment(vars={"FLOW_MODE": "each"})
    @step
    def body(self):
        self.seen = (os.environ["FLOW_MODE"], os.environ.get("FLOW_TEXT"))
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [i.seen for i in inputs]
        self.next(self.end)

    @step
    def end(self):
        self.left = os.environ.get("FLOW_MODE")


EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "body": ["0", "1"], "join": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {
            "mode": "first",
            "text": "quotes \" ' $HOME $(FLOWC_STEP) $$ {{ run_id }}\n\tdollars and ümlauts ☃",
            "empty": "",
            "told": "first",
            "items": "ab",
        },
        **{
            f"body/{i}": {
                "mode": "first",
                "text": "quotes \" ' $HOME $(FLOWC_STEP) $$ {{ run_id }}\n\tdollars and ümlauts ☃",
                "empty": "",
                "told": "first",
                "items": "ab",
                "seen": ("each", None),
            }
            for i in range(2)
        },
        "join/_": {"seen": [("each", None), ("each", None)]},
        "end/_": {"seen": [("each", None), ("each", None)], "left": None},
    },
}
