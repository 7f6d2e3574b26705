"""The history of articles: who published what when, without the text."""

from intercom_etl.endpoint import Paged, PerParent
from intercom_etl.record import Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Stream


class ArticleVersion(Record):
    id: Id
    article_id: Text = None
    title: Text = None
    description: Text = None
    state: Text = None
    author_id: OptionalId = None
    created_by_id: OptionalId = None
    created_via: Text = None
    from_version_id: OptionalId = None
    created_at: Time = None


STREAM = Stream(
    name="article_versions",
    title="Versions of articles",
    permission="Read and list articles",
    model=ArticleVersion,
    endpoint=PerParent("articles", Paged("/articles/{id}/versions"), "article_id", whole=False),
    optional="one request an article at first, then one for each that changed",
)
