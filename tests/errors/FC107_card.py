from metaflow import FlowSpec, card, step


class Cards(FlowSpec):
    @card(type="", id="a b", options=[1])  # FC107 at "": `type` must be a name, not ''  # FC107 at "a b": `id` must be of letters, digits and underscores, not 'a b'  # FC107 at [1]: `options` must be a dict that can be JSON
    @card(customize=1, save_errors="no", timeout=-1, refresh_interval="often")  # FC107 at 1: `customize` must be True or False, not 1  # FC107 at "no": `save_errors` must be True or False  # FC107 at -1: `timeout` must be a number from 0  # FC107 at "often": `refresh_interval` must be a number
    @step
    def start(self):
        self.next(self.end)

    @card(id="a", customize=True)
    @card(id="a")  # FC107 at card(id="a"): another card of this step has the id `a`
    @card(customize=True)  # FC107 at card(customize=True): another card of this step is the one that `current.card` means
    @card(type="html", options={"attribute": 3})  # FC107: `attribute` of a card of type html must be an artifact's name
    @card("metrics", title="x")  # FC107 at "metrics": takes keyword arguments only  # FC107 at title="x": `@card` has no argument `title`
    @step
    def end(self):
        pass
