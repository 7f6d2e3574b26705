"""What may happen to the small kinds of records (articles, macros, calls, ..) while somebody copies them."""

from typing import Any

from intercom_etl.simulator.stamps import written_like
from intercom_etl.simulator.store import Store

Record = dict[str, Any]


class RecordChanges(Store):
    """One way for all kinds in `kinds.KINDS`, and one for those that hang on a parent (`CHILD_KINDS`)."""

    def add(self, kind: str, **fields: object) -> str:
        """A new record, like the others of its kind but born now, with these fields. Returns its key."""
        with self.lock:
            records = self.records[kind]
            record = records.example()
            for time in ("created_at", "updated_at"):
                if time in record:
                    record = {**record, time: written_like(record[time], self.stamp())}
            return records.put(record | fields)

    def put(self, kind: str, record: Record) -> str:
        """Store exactly this record, new or in place of the one with its id. Returns its key."""
        with self.lock:
            return self.records[kind].put(record)

    def update(self, kind: str, record_id: str, **fields: object) -> None:
        """Change fields; updated_at becomes now unless given, on kinds that have one."""
        with self.lock:
            record = self.records[kind][record_id]
            if "updated_at" in record:
                record = {**record, "updated_at": written_like(record["updated_at"], self.stamp())}
            self.records[kind].put({**record, **fields})

    def drop(self, kind: str, record_id: str) -> Record:
        """It leaves lists and answers by id, without a trace. What refers to it keeps doing so."""
        with self.lock:
            return self.records[kind].drop(record_id)

    def add_child(self, kind: str, parent_id: str, **fields: object) -> str:
        """A new event, note, side conversation or handling event, born now. Returns its key."""
        with self.lock:
            children = self.children[kind]
            # Above the numbers that are set aside for records made from the seed.
            place = 10_000_000_000 + self.issue_number()
            record = {**children.example(parent_id, place, self.stamp()), **fields}
            children.put(parent_id, [*children.of(parent_id), record])
            return children.key(record)

    def put_children(self, kind: str, parent_id: str, records: list[Record]) -> None:
        """Exactly these records hang on the parent from now on, oldest first."""
        with self.lock:
            self.children[kind].put(parent_id, records)
