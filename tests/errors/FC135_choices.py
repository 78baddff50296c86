# choices: {"config_files": [("there", "nowhere/there.json")], "config_values": [("Text", "{"), ("toml", "a = 1\nb")]}
from flowc import Config, FlowSpec, step


class Chosen(FlowSpec):
    there = Config("there", default="not looked at.json")  # FC135 at there: the file `nowhere/there.json` of config `there` cannot be read: there is no such file
    text = Config("text")  # FC135 at text: `--config-value text` is not JSON: expecting property name enclosed in double quotes (its text, line 1, column 2)
    toml = Config("toml", parser="tomllib.loads", required=True)  # FC135 at toml: `--config-value toml` is not TOML

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
