# choices: {"config_files": [("confg", "a.json"), ("other", "b.json")], "config_values": [("Settings", "{}"), ("settings", "{}"), ("CONFIG", "{}")]}
from flowc import Config, FlowSpec, step


class Names(FlowSpec):  # FC138 at Names: there is no config `confg`, which `--config` is given # FC138 at Names: there is no config `other` # FC138 at Names: config `Settings` is chosen more than once
    config = Config("config", required=True)
    settings = Config("settings")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
