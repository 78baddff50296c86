"""What `examples/three_branches.py` must leave."""

EXPECTED = {
    "state": "succeeded",
    "tasks": {"start": ["_"], "letters": ["_"], "words": ["_"], "vowels": ["_"], "join": ["_"], "end": ["_"]},
    "artifacts": {
        "start/_": {"text": "the quick brown fox jumps over the lazy dog"},
        "letters/_": {"count": 35, "text": "the quick brown fox jumps over the lazy dog"},
        "words/_": {"count": 9, "text": "the quick brown fox jumps over the lazy dog"},
        "vowels/_": {"count": 11, "text": "the quick brown fox jumps over the lazy dog"},
        "join/_": {
            "counts": [35, 9, 11],
            "letters_a_word": 3.888888888888889,
            "text": "the quick brown fox jumps over the lazy dog",
        },
        "end/_": {
            "counts": [35, 9, 11],
            "letters_a_word": 3.888888888888889,
            "text": "the quick brown fox jumps over the lazy dog",
        },
    },
}
