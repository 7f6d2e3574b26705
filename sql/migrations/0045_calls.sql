create table intercom.calls (
    workspace_id          text not null,
    id                    text not null,
    conversation_id       text,
    admin_id              text,
    contact_id            text,
    state                 text,
    call_type             text,
    direction             text,
    ended_reason          text,
    phone                 text,
    initiated_at          timestamptz,
    answered_at           timestamptz,
    ended_at              timestamptz,
    created_at            timestamptz,
    updated_at            timestamptz,
    recording_url         text,
    transcription_url     text,
    fin_recording_url     text,
    fin_transcription_url text,
    raw                   jsonb not null,
    synced_at             timestamptz not null,
    deleted_at            timestamptz,
    deletion_reason       text,
    primary key (workspace_id, id)
);
comment on table intercom.calls is 'Phone calls.';
comment on column intercom.calls.contact_id is 'The person who called or was called.';
comment on column intercom.calls.recording_url is 'Address at the API; the recording itself is not copied.';
comment on column intercom.calls.ended_reason is 'Why the call ended.';
create index on intercom.calls (workspace_id, conversation_id);
create index on intercom.calls (workspace_id, contact_id);
