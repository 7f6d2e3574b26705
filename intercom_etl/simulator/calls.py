"""Phone calls and what was said in them."""

from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.references import admin_number, contact_id, conversation_id, stamps_of
from intercom_etl.simulator.stamps import iso
from intercom_etl.simulator.world import World

Record = dict[str, Any]

FIRST_CALL = 123_000
API = "https://api.intercom.io"
TIMES = ("initiated_at", "answered_at", "ended_at", "created_at", "updated_at")


def make_call(world: World, number: int) -> Record:
    """Every third one is written with ISO times, the others with seconds: the document allows both."""
    rng = generator(world.seed, "call", number)
    born, _ = stamps_of(world, "call", number)
    answered = rng.random() < 0.8
    taken_at = born + rng.randint(3, 60)
    over = taken_at + rng.randint(20, 1800)
    call_id = str(FIRST_CALL + number)
    recorded = answered and rng.random() < 0.7
    by_fin = rng.random() < 0.2
    call: Record = {
        "type": "call",
        "id": call_id,
        "conversation_id": conversation_id(world, number * 7) if rng.random() < 0.9 else None,
        "admin_id": str(admin_number(world, number)) if answered and world.admins else None,
        "contact_id": contact_id(world, number * 5) if rng.random() < 0.9 else None,
        "state": "completed" if answered else "missed",
        "initiated_at": born,
        "answered_at": taken_at if answered else None,
        "ended_at": over,
        "created_at": born,
        "updated_at": over + 1,
        "recording_url": f"{API}/calls/{call_id}/recording" if recorded else None,
        "transcription_url": f"{API}/calls/{call_id}/transcript" if recorded else None,
        "call_type": rng.choice(("phone", "web")),
        "direction": rng.choice(("inbound", "outbound")),
        "ended_reason": "answered" if answered else rng.choice(("no_answer", None)),
        "phone": f"+1 555 123 {number % 10_000:04d}" if rng.random() < 0.9 else None,
        "fin_recording_url": f"{API}/calls/{call_id}/fin_recording" if by_fin else None,
        "fin_transcription_url": f"{API}/calls/{call_id}/fin_transcript" if by_fin else None,
    }
    if number % 3 == 2:
        call |= {time: iso(call[time]) for time in TIMES if call[time] is not None}
    return call


def transcript_of(world: World, call: Record) -> list[Record]:
    """What was said, as POST /calls/search gives it; nothing where the call has no transcript."""
    if call["transcription_url"] is None:
        return []
    rng = generator(world.seed, "transcript", call["id"])
    speakers = ("Teammate 1", "User")
    return [
        {"speaker": speakers[turn % 2], "start_time": turn * 7 + 3, "text": rng.choice(words.SENTENCES)}
        for turn in range(rng.randint(2, 9))
    ]


def transcript_text(lines: list[Record]) -> str:
    """The same as GET /calls/{id}/transcript words it."""
    worded: list[str] = []
    for line in lines:
        minute, second = divmod(line["start_time"], 60)
        worded.append(f'[00:{minute:02d}:{second:02d}] {line["speaker"]}: "{line["text"]}"')
    return "\n".join(worded)
