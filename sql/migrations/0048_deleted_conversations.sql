create table intercom.deleted_conversations (
    workspace_id            text not null,
    id                      text not null,
    metrics_retained        boolean,
    conversation_deleted_at timestamptz,
    raw                     jsonb not null,
    synced_at               timestamptz not null,
    deleted_at              timestamptz,
    deletion_reason         text,
    primary key (workspace_id, id)
);
comment on table intercom.deleted_conversations is 'Conversations that were deleted in Intercom. Those that were copied before are marked in intercom.conversations.';
comment on column intercom.deleted_conversations.id is 'Id of the conversation.';
comment on column intercom.deleted_conversations.conversation_deleted_at is 'When the conversation was deleted. (deleted_at is about the row in this table.)';
comment on column intercom.deleted_conversations.metrics_retained is 'Whether reports still count it.';
