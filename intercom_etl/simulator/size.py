"""How large a simulated workspace is; the defaults make a demo that loads in a moment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Number of records of each kind.

    `long_conversations` of the conversations get more than 500 parts, past what the API gives out;
    `parts` is the mean number of parts of the others. Custom object instances are of two types.
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
    articles: int = 30
    collections: int = 12
    help_centers: int = 2
    redirects: int = 9
    internal_articles: int = 10
    news_items: int = 14
    newsfeeds: int = 3
    content_import_sources: int = 4
    external_pages: int = 25
    content_snippets: int = 15
    audiences: int = 6
    calls: int = 40
    macros: int = 15
    data_connectors: int = 4
    execution_results: int = 80
    activity_logs: int = 120
    custom_object_instances: int = 25
    content_receipts: int = 60
