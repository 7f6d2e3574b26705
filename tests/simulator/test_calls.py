"""Calls, what was said in them, and where recordings are."""

from typing import Any


def test_calls_write_times_in_both_ways_that_the_document_allows(quiet: Any) -> None:
    kinds = {type(one["initiated_at"]) for one in quiet.workspace.truth("calls").values()}
    assert kinds == {int, str}
    assert any(one["answered_at"] is None for one in quiet.workspace.truth("calls").values())


def test_a_transcript_is_a_text_file_where_there_is_one(quiet: Any) -> None:
    calls = quiet.workspace.truth("calls").values()
    spoken = next(one for one in calls if one["transcription_url"])
    silent = next(one for one in calls if not one["transcription_url"])
    answer = quiet.get(f"/calls/{spoken['id']}/transcript")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("[00:00:03] Teammate 1:")
    assert quiet.code(quiet.get(f"/calls/{silent['id']}/transcript")) == (404, "not_found")
    assert quiet.code(quiet.get("/calls/1/transcript")) == (404, "not_found")


def test_a_recording_is_elsewhere(quiet: Any) -> None:
    calls = quiet.workspace.truth("calls").values()
    recorded = next(one for one in calls if one["recording_url"])
    answer = quiet.get(f"/calls/{recorded['id']}/recording")
    assert answer.status_code == 302
    assert recorded["id"] in answer.headers["location"]
    missed = next(one for one in calls if not one["recording_url"])
    assert quiet.code(quiet.get(f"/calls/{missed['id']}/recording")) == (404, "not_found")


def test_calls_of_conversations_come_with_their_transcripts(quiet: Any) -> None:
    calls = list(quiet.workspace.truth("calls").values())
    wanted = sorted({one["conversation_id"] for one in calls if one["conversation_id"]})[:20]
    found = quiet.client.post("/calls/search", json={"conversation_ids": wanted}).json()["data"]
    assert {one["id"] for one in found} == {one["id"] for one in calls if one["conversation_id"] in wanted}
    for one in found:
        assert bool(one["transcript"]) == (one["transcription_url"] is not None)
        assert one["transcript_status"] == ("completed" if one["transcript"] else None)


def test_calls_of_more_than_twenty_conversations_are_refused(quiet: Any) -> None:
    for wanted in ([str(number) for number in range(21)], [], None, "1"):
        answer = quiet.client.post("/calls/search", json={"conversation_ids": wanted})
        assert quiet.code(answer) == (400, "conversation_id_limit_exceeded")
    answer = quiet.client.post("/calls/search", json={"conversation_ids": ["1"] * 20})
    assert answer.json()["data"] == []
