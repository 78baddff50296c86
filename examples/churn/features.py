"""What the team's flows on customers have in common."""

import csv
import io
from dataclasses import dataclass


@dataclass(frozen=True)
class Customer:
    """A row of the customers' file."""

    name: str
    months: float
    tickets: float
    churned: bool


class CustomerData:
    """For flows with the artifact or parameter `customers`: a CSV file's text."""

    def read_customers(self, segment):
        """The customers of one segment, in the file's order."""
        rows = csv.DictReader(io.StringIO(self.customers))
        return [
            Customer(row["customer"], float(row["months"]), float(row["tickets"]), row["churned"] == "yes")
            for row in rows
            if row["segment"] == segment
        ]


def fit(customers, rounds, rate):
    """Weights of a logistic regression: for the constant, months and tickets."""
    from math import exp

    weights = [0.0, 0.0, 0.0]
    for _ in range(rounds):
        for customer in customers:
            inputs = (1.0, customer.months / 12, customer.tickets)
            score = sum(w * x for w, x in zip(weights, inputs))
            error = customer.churned - 1 / (1 + exp(-score))
            weights = [w + rate * error * x for w, x in zip(weights, inputs)]
    return weights


def is_likely(weights, customer):
    """Whether a customer is expected to leave."""
    return sum(w * x for w, x in zip(weights, (1.0, customer.months / 12, customer.tickets))) > 0
