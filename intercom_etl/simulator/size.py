"""How large a simulated workspace is; the defaults make a demo that loads in a moment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Number of records of each kind.

    `long_conversations` of the conversations get more than 500 parts, past what the API gives out;
    `parts` is the mean number of parts of the others.
    """

    contacts: int = 400
    conversations: int = 300
    companies: int = 60
    tickets: int = 50
    admins: int = 12
    teams: int = 4
    tags: int = 30
    segments: int = 8
    long_conversations: int = 0
    parts: int = 8
