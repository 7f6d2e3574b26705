create table intercom.call_transcripts (
    workspace_id      text not null,
    id                text not null,
    conversation_id   text,
    transcript_status text,
    transcript        jsonb generated always as (raw -> 'transcript') stored,
    raw               jsonb not null,
    synced_at         timestamptz not null,
    deleted_at        timestamptz,
    deletion_reason   text,
    primary key (workspace_id, id)
);
comment on table intercom.call_transcripts is 'What was said in calls that belong to a conversation.';
comment on column intercom.call_transcripts.id is 'Id of the call.';
comment on column intercom.call_transcripts.transcript is 'A list of objects, as they came.';
comment on column intercom.call_transcripts.transcript_status is 'completed when the transcript is there.';
create index on intercom.call_transcripts (workspace_id, conversation_id);
