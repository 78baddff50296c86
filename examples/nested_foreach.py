"""A foreach in a foreach: regions, and the shops of each region."""

from metaflow import FlowSpec, step

SALES = {
    "north": {"Oslo": [12, 15], "Umeå": [7]},
    "south": {"Roma": [30, 31, 29], "Nice": [18], "Faro": [9, 11]},
}


class NestedForeach(FlowSpec):
    """Sums sales by shop, by region, and in all."""

    @step
    def start(self):
        self.regions = sorted(SALES)
        self.next(self.region, foreach="regions")

    @step
    def region(self):
        self.region_name = self.input
        self.shops = sorted(SALES[self.region_name])
        self.next(self.shop, foreach="shops")

    @step
    def shop(self):
        self.sales = SALES[self.region_name][self.input]
        self.next(self.add)

    @step
    def add(self):
        self.label = "/".join(frame.value for frame in self.foreach_stack())
        self.total = sum(self.sales)
        self.next(self.region_total)

    @step
    def region_total(self, inputs):
        self.merge_artifacts(inputs, include=["region_name"])
        self.by_shop = {shop.label: shop.total for shop in inputs}
        self.total = sum(self.by_shop.values())
        self.next(self.grand_total)

    @step
    def grand_total(self, inputs):
        self.by_shop = {label: total for region in inputs for label, total in region.by_shop.items()}
        self.by_region = {region.region_name: region.total for region in inputs}
        self.next(self.end)

    @step
    def end(self):
        self.total = sum(self.by_region.values())
        print(f"{self.total} in all: {self.by_region}")
