"""Looks for the best classifier of handwritten digits, on the data that comes with scikit-learn."""

from itertools import product

from metaflow import FlowSpec, JSONType, Parameter, retry, step


class ModelSearch(FlowSpec):
    """Finds good parameters of a support vector machine for handwritten digits.

    Load the data, prepare a training and a test set in parallel branches, try each combination of parameters in a
    foreach, keep the best, and score it on data that it has never seen.
    """

    test_share = Parameter("test_share", default=0.25, help="share of the data that is kept for the final score")
    folds = Parameter("folds", default=3, help="folds of the cross-validation")
    seed = Parameter("seed", default=7, help="seed of the split into training and test data")
    grid = Parameter(
        "grid",
        type=JSONType,
        default={"C": [1, 10], "gamma": [0.001, 0.01, 0.05]},
        help="values to try of each parameter of the classifier",
    )

    @step
    def start(self):
        """Load the images and say which of them are for training."""
        import numpy as np
        from sklearn.datasets import load_digits

        digits = load_digits()
        self.images, self.digits = digits.data, digits.target
        rows = np.random.default_rng(self.seed).permutation(len(self.images))
        held_out = int(len(rows) * self.test_share)
        self.test_rows, self.train_rows = rows[:held_out], rows[held_out:]
        self.next(self.prepare_train, self.prepare_test)

    @step
    def prepare_train(self):
        """The training set, pixels scaled to 0..1."""
        self.X_train = self.images[self.train_rows] / 16
        self.y_train = self.digits[self.train_rows]
        self.next(self.join_sets)

    @step
    def prepare_test(self):
        """The test set, pixels scaled to 0..1."""
        self.X_test = self.images[self.test_rows] / 16
        self.y_test = self.digits[self.test_rows]
        self.next(self.join_sets)

    @step
    def join_sets(self, inputs):
        """Bring both sets together."""
        self.merge_artifacts(inputs, exclude=["images", "digits", "train_rows", "test_rows"])
        self.next(self.propose)

    @step
    def propose(self):
        """List the combinations of parameters to try."""
        self.candidates = [dict(zip(self.grid, values)) for values in product(*self.grid.values())]
        self.next(self.fit, foreach="candidates")

    @retry(times=2, minutes_between_retries=0)
    @step
    def fit(self):
        """Cross-validate one combination on the training set."""
        from sklearn.model_selection import cross_val_score
        from sklearn.svm import SVC

        self.parameters = self.input
        self.accuracy = float(cross_val_score(SVC(**self.parameters), self.X_train, self.y_train, cv=self.folds).mean())
        print(f"{self.parameters}: {self.accuracy:.4f}")
        self.next(self.select)

    @step
    def select(self, inputs):
        """Keep the combination that did best; the earlier one of two equals."""
        best = max(inputs, key=lambda fitted: fitted.accuracy)
        self.best_parameters = best.parameters
        self.results = [(fitted.parameters, fitted.accuracy) for fitted in inputs]
        self.merge_artifacts(inputs, include=["X_train", "y_train", "X_test", "y_test"])
        self.next(self.score)

    @step
    def score(self):
        """Train the winner on the whole training set and score it on the test set."""
        from sklearn.svm import SVC

        self.model = SVC(**self.best_parameters).fit(self.X_train, self.y_train)
        self.test_accuracy = float(self.model.score(self.X_test, self.y_test))
        self.next(self.end)

    @step
    def end(self):
        print(f"best: {self.best_parameters}, {self.test_accuracy:.4f} of the test images right")
