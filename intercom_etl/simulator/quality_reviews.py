"""Evaluations by monitors and scorecards, which a search of conversations gives when asked."""

from typing import Any

from intercom_etl.simulator.chance import generator

Record = dict[str, Any]


def monitor_evaluations(seed: int, conversation_id: str, stamp: int) -> list[Record]:
    """What monitors flagged; nothing for most conversations."""
    rng = generator(seed, "monitor", conversation_id)
    if rng.random() < 0.7:
        return []
    return [
        {
            "monitor_id": str(number + 1),
            "monitor_name": rng.choice(("Tone", None)),
            "monitor_type": rng.choice(("prompt", None)),
            "result": rng.choice(("flagged", "not_flagged")),
            "explanation": rng.choice(("Curt answer", None)),
            "evaluated_at": stamp,
        }
        for number in range(rng.randint(1, 2))
    ]


def scorecards(seed: int, conversation_id: str, stamp: int) -> list[Record]:
    """Reviews of how it was handled; nothing for most conversations."""
    rng = generator(seed, "scorecard", conversation_id)
    if rng.random() < 0.8:
        return []
    score = round(rng.random(), 2)
    teammate = rng.choice(({"type": "ai", "admin_id": None}, {"type": "admin", "admin_id": "991267459"}))
    result = {"value": "yes", "source": "ai", "reasoning": None, "reason_ids": None, "other_text": None}
    return [
        {
            "scorecard_id": "71",
            "scorecard_version_id": "712",
            "name": "Support quality",
            "scorecard_type": "human",
            "passed": score > 0.5,
            "score": score,
            "ai_score": rng.choice((score, None)),
            "evaluated_at": stamp,
            "reviewed_teammate": teammate,
            "evaluators": [
                {"evaluator_id": "54321", "result": result},
                {"evaluator_id": "54322", "result": None},
            ],
        }
    ]
