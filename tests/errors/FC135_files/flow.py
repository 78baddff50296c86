import json
import tomllib

import yaml

from flowc import Config, FlowSpec, step


class Files(FlowSpec):
    absent = Config("absent", default="absent.json")  # FC135 at "absent.json": the file `absent.json` of config `absent` cannot be read: there is no such file
    folder = Config("folder", default="data")  # FC135 at "data": cannot be read: it is a directory
    bad_json = Config("bad_json", default="data/bad.json")  # FC135 at "data/bad.json": the file of config `bad_json` is not JSON: expecting ':' delimiter (data/bad.json, line 3, column 1)
    bad_toml = Config("bad_toml", default="data/bad.toml")  # FC135: is not TOML: invalid value (data/bad.toml, line 2, column 5)
    bad_yaml = Config("bad_yaml", default="data/bad.yaml")  # FC135: is not YAML: expected ',' or ']', but got ':' (data/bad.yaml, line 2, column 2)
    as_json = Config("as_json", default="data/date.yaml", parser=json.loads)  # FC135: is not JSON
    date = Config("date", default="data/date.yaml")  # FC135: has `2026-12-01` (date) at `day`, which has no form in JSON
    number = Config("number", default="data/number.yaml", parser="yaml.safe_load")  # FC135: has the key 1 (int) at its top level
    infinite = Config("infinite", default="data/infinite.toml", parser=tomllib.loads)  # FC135: has inf at `limit`, which is no number in JSON
    list = Config("list", default="data/list.yaml", parser=lambda text: yaml.load(text, Loader=yaml.SafeLoader))  # FC135: is no mapping but a list
    latin = Config("latin", default="data/latin.yaml")  # FC135: is not text in UTF-8: see line 1
    text = Config("text", default_value="a: 1")  # FC135: the `default_value` of config `text` is not JSON: expecting value (its text, line 1, column 1)
    empty = Config("empty", default_value="", parser="json.loads")  # FC135 at "": is not JSON
    nan = Config("nan", default_value='{"a": {"b": [1, NaN]}}')  # FC135: has nan at `a.b[1]`
    keys = Config("keys", default_value={"a": {1: 2}})  # FC135: the `default_value` of config `keys` cannot be JSON: the key 1 is not a string
    good = Config("good", default="data/good.json")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        print(self.good.a.b)
