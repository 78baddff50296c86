"""What `examples/churn/churn.py` must leave."""

CUSTOMERS = (
    "customer,segment,months,tickets,churned\n"
    "C01,basic,15,2,no\n"
    "C02,basic,9,1,yes\n"
    "C03,basic,3,4,no\n"
    "C04,basic,16,6,yes\n"
    "C05,basic,14,3,yes\n"
    "C06,basic,2,3,yes\n"
    "C07,basic,30,3,no\n"
    "C08,basic,37,1,no\n"
    "C09,plus,54,3,no\n"
    "C10,plus,11,5,no\n"
    "C11,plus,2,5,yes\n"
    "C12,plus,34,3,no\n"
    "C13,plus,58,3,no\n"
    "C14,plus,8,5,yes\n"
    "C15,plus,7,6,yes\n"
    "C16,legacy,25,4,yes\n"
    "C17,legacy,25,0,no\n"
)
CONFIG = {
    "config": {
        "least_customers": 4,
        "training": {"rounds": 50, "rate": 0.1, "cpu": 2, "memory": 2048},
        "schedule": {"cron": "30 6 * * MON-FRI", "timezone": "Europe/Berlin"},
    }
}

EXPECTED = {
    "state": "succeeded",
    "parameters": {"day": "2026-12-01"},
    "tasks": {"start": ["_"], "train": ["0", "1", "2"], "collect": ["_"], "end": ["_"]},
    "attempts": {"train/1": 2, "train/2": 3},
    "artifacts": {
        "start/_": {
            "config": CONFIG,
            "customers": CUSTOMERS,
            "day": "2026-12-01",
            "rounds": 50,
            "segments": ["basic", "plus", "legacy"],
        },
        "train/0": {
            "config": CONFIG,
            "customers": CUSTOMERS,
            "day": "2026-12-01",
            "model": [-0.08354284166880188, -1.2698377055807135, 0.6691688444058924],
            "problem": None,
            "rounds": 50,
            "segment": "basic",
            "segments": ["basic", "plus", "legacy"],
        },
        "train/1": {
            "config": CONFIG,
            "customers": CUSTOMERS,
            "day": "2026-12-01",
            "model": [-0.08558355413397167, -2.9399672373619516, 0.7504181687374861],
            "problem": None,
            "rounds": 50,
            "segment": "plus",
            "segments": ["basic", "plus", "legacy"],
        },
        "train/2": {
            "config": CONFIG,
            "customers": CUSTOMERS,
            "day": "2026-12-01",
            "model": None,
            "problem": {"object": "flowc.spec.CaughtError"},
            "rounds": 50,
            "segment": "legacy",
            "segments": ["basic", "plus", "legacy"],
        },
        "collect/_": {
            "config": CONFIG,
            "customers": CUSTOMERS,
            "day": "2026-12-01",
            "models": {
                "basic": [-0.08354284166880188, -1.2698377055807135, 0.6691688444058924],
                "plus": [-0.08558355413397167, -2.9399672373619516, 0.7504181687374861],
            },
            "problems": ["legacy has only 2 customers"],
            "rounds": 50,
            "segments": ["basic", "plus", "legacy"],
        },
        "end/_": {
            "config": CONFIG,
            "customers": CUSTOMERS,
            "day": "2026-12-01",
            "models": {
                "basic": [-0.08354284166880188, -1.2698377055807135, 0.6691688444058924],
                "plus": [-0.08558355413397167, -2.9399672373619516, 0.7504181687374861],
            },
            "problems": ["legacy has only 2 customers"],
            "rounds": 50,
            "segments": ["basic", "plus", "legacy"],
            "to_call": {"basic": ["C03"], "plus": ["C10"]},
        },
    },
}
