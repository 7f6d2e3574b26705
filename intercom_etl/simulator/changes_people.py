"""What may happen to contacts, companies, tags and admins while somebody copies them."""

from copy import deepcopy
from typing import Any

from intercom_etl.simulator.catalogue import FIRST_SUBSCRIPTION
from intercom_etl.simulator.companies import blank_company
from intercom_etl.simulator.contacts import ContactState, blank_contact
from intercom_etl.simulator.parts import NOBODY
from intercom_etl.simulator.store import Store

Record = dict[str, Any]


class PeopleChanges(Store):
    """Each method is one event in the workspace, stamped by the workspace's clock."""

    def _new_hex_id(self) -> str:
        # Ids made from the seed end in a number below 0xf00000 unless there are over 15 million contacts.
        born, seed = self.stamp() & 0xFFFFFFFF, self.world.seed & 0xFFFFFFFFFF
        return f"{born:08x}{seed:010x}{0xF00000 + self.issue_number():06x}"

    def add_contact(self, **fields: object) -> str:
        """A new contact; `fields` may also name its id. Returns the id."""
        with self.lock:
            contact_id = str(fields.pop("id", None) or self._new_hex_id())
            stamp = self.stamp()
            state = blank_contact(contact_id, self.id_code, stamp, **fields)
            self._store_contact(state, created_at=stamp)
            return contact_id

    def _store_contact(self, state: ContactState, created_at: int | None = None) -> None:
        self.contacts.put(state.fields["id"], state, state.fields["updated_at"], created_at)

    def _edit_contact(self, contact_id: str) -> ContactState:
        state = deepcopy(self.contacts.state(contact_id))
        state.fields["updated_at"] = self.stamp()
        return state

    def update_contact(self, contact_id: str, **fields: object) -> None:
        """Change fields; updated_at becomes now unless given."""
        with self.lock:
            state = self._edit_contact(contact_id)
            state.fields |= fields
            self._store_contact(state)

    def tag_contact(self, contact_id: str, tag_id: str) -> None:
        """Put a tag on it, now; a tag that it has already is applied anew."""
        with self.lock:
            state = self._edit_contact(contact_id)
            applied = {"applied_at": self.stamp(), "applied_by": self._somebody()}
            state.tags = [tag for tag in state.tags if tag["id"] != tag_id] + [
                {**self.tags[tag_id], **applied}
            ]
            self._store_contact(state)

    def untag_contact(self, contact_id: str, tag_id: str) -> None:
        """Take a tag off it."""
        with self.lock:
            state = self._edit_contact(contact_id)
            state.tags = [tag for tag in state.tags if tag["id"] != tag_id]
            self._store_contact(state)

    def opt(self, contact_id: str, subscription_type_id: str, *, into: bool) -> None:
        """The contact opts into a subscription type, or out of it."""
        with self.lock:
            number = int(subscription_type_id) - FIRST_SUBSCRIPTION
            state = self._edit_contact(contact_id)
            state.opted_in = [one for one in state.opted_in if one != number] + [number] * into
            state.opted_out = [one for one in state.opted_out if one != number] + [number] * (not into)
            self._store_contact(state)

    def add_note(self, contact_id: str, body: str = "<p>Called back.</p>") -> str:
        """An admin writes a note on the contact, now. Returns its id."""
        with self.lock:
            state = self._edit_contact(contact_id)
            note: Record = {
                "type": "note",
                "id": str(1_900_000_000 + self.issue_number()),
                "created_at": self.stamp(),
                "contact": {"type": "contact", "id": contact_id},
                "author": next(iter(self.admins.values()), NOBODY),
                "body": body,
            }
            state.notes.insert(0, note)
            self._store_contact(state)
            return note["id"]

    def _somebody(self) -> Record | None:
        return {"type": "admin", "id": next(iter(self.admins))} if self.admins else None

    def archive_contact(self, contact_id: str) -> None:
        """It leaves lists and searches; how GET by id answers is said by `archived_contact_status`."""
        with self.lock:
            self.archived_contacts[contact_id] = self._take_contact(contact_id)

    def unarchive_contact(self, contact_id: str) -> None:
        """Bring an archived contact back."""
        with self.lock:
            state = deepcopy(self.archived_contacts.pop(contact_id))
            state.fields["updated_at"] = self.stamp()
            self._store_contact(state, created_at=state.fields["created_at"])
            for company_id in state.companies:
                self.users.setdefault(company_id, {})[contact_id] = None

    def delete_contact(self, contact_id: str) -> None:
        """It is gone for good, also from the archive; GET by id answers 404."""
        with self.lock:
            if self.archived_contacts.pop(contact_id, None) is None:
                self._take_contact(contact_id)

    def _take_contact(self, contact_id: str) -> ContactState:
        state = self.contacts.remove(contact_id)
        for company_id in state.companies:
            self.users.get(company_id, {}).pop(contact_id, None)
        return state

    def merge_contacts(self, source_id: str, target_id: str) -> None:
        """`source` vanishes (GET: 410 with a Link to `target`); `target` remembers it and changes."""
        with self.lock:
            source = self._take_contact(source_id)
            self.merged_contacts[source_id] = target_id
            target = self._edit_contact(target_id)
            target.merge_history.append(
                {
                    "type": "merge_history_item",
                    "source_contact_id": source_id,
                    "source_contact_role": source.fields["role"],
                    "merged_at": self.stamp(),
                }
            )
            self._store_contact(target)

    def attach_contact(self, contact_id: str, company_id: str, *, touch: bool = False) -> None:
        """Link the two. The API promises no new updated_at for it; `touch` gives the contact one."""
        with self.lock:
            before = self.contacts.updated[contact_id]
            state = self._edit_contact(contact_id)
            state.fields["updated_at"] = self.stamp() if touch else before
            if company_id not in state.companies:
                state.companies.append(company_id)
            self.users.setdefault(company_id, {})[contact_id] = None
            self._store_contact(state)

    def add_company(self, **fields: object) -> str:
        """A new company without users; `fields` may also name its id. Returns the id."""
        with self.lock:
            company_id = str(fields.pop("id", None) or self._new_hex_id())
            remote_id = f"remote-new-{self.issue_number()}"
            company = blank_company(company_id, self.id_code, self.stamp(), remote_id, **fields)
            self.companies.put(company_id, company, company["updated_at"], company["created_at"])
            return company_id

    def update_company(self, company_id: str, **fields: object) -> None:
        """Change fields; updated_at becomes now unless given."""
        with self.lock:
            company = {**self.companies.state(company_id), "updated_at": self.stamp(), **fields}
            self.companies.put(company_id, company, company["updated_at"])

    def delete_company(self, company_id: str, *, touch_contacts: bool = False) -> None:
        """Its users are detached, by default without a new updated_at: nothing promises one."""
        with self.lock:
            self.companies.remove(company_id)
            for contact_id in self.users.pop(company_id, {}):
                state = deepcopy(self.contacts.state(contact_id))
                state.companies.remove(company_id)
                if touch_contacts:
                    state.fields["updated_at"] = self.stamp()
                self._store_contact(state)

    def add_tag(self, name: str) -> str:
        """A new tag in the workspace. Returns its id."""
        with self.lock:
            tag_id = str(8_000_000 + self.issue_number())
            self.tags[tag_id] = {"type": "tag", "id": tag_id, "name": name}
            return tag_id

    def remove_tag(self, tag_id: str) -> None:
        """The tag leaves the workspace's list; records keep it until they change (no tombstones for tags)."""
        with self.lock:
            del self.tags[tag_id]

    def remove_admin(self, admin_id: str) -> None:
        """A removed admin leaves the list but stays referenced."""
        with self.lock:
            del self.admins[admin_id]
