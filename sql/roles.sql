-- Roles for those who use the database of intercom-etl, each with what it needs and no more.
--
--     owner            whoever runs `intercom-etl migrate`: makes and changes tables and views. No role is made for it.
--     etl_loader       sync, extract, load, erase, quarantine, status: reads and writes rows. Cannot create, change,
--                      empty or drop anything, nor touch the list of migrations.
--     etl_reader       reads counts, times, states, ids and the names of the workspace's own settings, in tables and
--                      views. No names, addresses or texts of people, and not `raw`.
--     etl_pii_reader   reads everything, quarantine included. Writes nothing.
--
-- Who runs it: the owner, with the right to create roles, or a superuser; in the database that has the tables:
--
--     intercom-etl db roles | psql "$OWNER_URL"
--
-- It may be run again at any time. Once the roles are in use `intercom-etl migrate` runs it by itself, so that
-- tables and columns of later versions have their rights too. Then make logins and put them into the roles:
--
--     create role etl_cron login password '...' in role etl_loader;
--     create role ana      login password '...' in role etl_reader;
--     alter role ana set default_transaction_read_only = on;    -- a role cannot hand this on to its members
--
-- All in one statement: it is applied whole or not at all.

do $roles$
declare
    tables_owner name;
    wanted       name;
    grantable    record;
begin
    if to_regclass('etl.attribute_view') is null or to_regnamespace('intercom') is null then
        raise exception 'this database has no tables of intercom-etl yet'
            using hint = 'run `intercom-etl migrate` first, then this again';
    end if;
    select pg_get_userbyid(class.relowner) into tables_owner
      from pg_class class where class.oid = 'etl.schema_migration'::regclass;
    if not pg_has_role(tables_owner, 'usage') then
        raise exception 'only % or a superuser can do this', quote_ident(tables_owner)
            using errcode = '42501', hint = 'connect as the user that runs `intercom-etl migrate`';
    end if;

    foreach wanted in array '{etl_loader,etl_reader,etl_pii_reader}'::name[] loop
        if not exists (select from pg_roles role where role.rolname = wanted) then
            execute format('create role %I nologin', wanted);
            if wanted <> 'etl_loader' then
                execute format('alter role %I set default_transaction_read_only = on', wanted);
            end if;
        end if;
    end loop;

    -- what an earlier version of this file gave and this one does not
    revoke all on all tables in schema intercom, etl, analytics from etl_loader, etl_reader, etl_pii_reader;

    execute format('grant connect, temporary on database %I to etl_loader', current_database());
    execute format('grant connect on database %I to etl_reader, etl_pii_reader', current_database());
    grant usage on schema intercom, etl, analytics to etl_loader, etl_reader, etl_pii_reader;

    -- the loader: rows of everything but what says how the schema was made
    grant select, insert, update, delete on all tables in schema intercom, etl to etl_loader;
    grant select on all tables in schema analytics to etl_loader;
    revoke insert, update, delete on etl.schema_migration, etl.view, etl.attribute_view from etl_loader;
    revoke delete on etl.run, etl.lease, etl.bookmark from etl_loader;
    grant execute on function etl.make_attribute_view(text, text, jsonb, text, text, boolean) to etl_loader;

    -- who may read people's data
    grant select on all tables in schema intercom, etl, analytics to etl_pii_reader;

    -- what later migrations and runs make, before this is run again
    execute format('alter default privileges for role %I in schema intercom, etl'
                   ' grant select, insert, update, delete on tables to etl_loader', tables_owner);
    execute format('alter default privileges for role %I in schema analytics'
                   ' grant select on tables to etl_loader', tables_owner);
    execute format('alter default privileges for role %I in schema intercom, etl, analytics'
                   ' grant select on tables to etl_pii_reader', tables_owner);

    -- who may not: column by column, and a column that is not known here stays closed
    grant select on etl.run, etl.lease, etl.bookmark, etl.backfill, etl.unknown_field, etl.schema_migration, etl.view
        to etl_reader;
    grant select (id, run_id, first_run_id, workspace_id, stream, pending, created_at, seen_at, resolved_at, resolution)
        on etl.quarantine to etl_reader;
    for grantable in
        select class.oid::regclass as name,
               string_agg(quote_ident(attribute.attname), ', ' order by attribute.attnum) as columns
          from pg_class class
          join pg_attribute attribute on attribute.attrelid = class.oid
         where class.relnamespace in ('intercom'::regnamespace, 'analytics'::regnamespace)
           and class.relkind in ('r', 'p', 'v', 'm')
           and attribute.attnum > 0
           and not attribute.attisdropped
           -- whatever a workspace made up for its people
           and not (class.relnamespace = 'analytics'::regnamespace
                    and class.relname ~ '^(contact|company|conversation|ticket)_attributes')
           and (   attribute.atttypid in (
                       'bigint'::regtype, 'integer'::regtype, 'boolean'::regtype, 'numeric'::regtype,
                       'double precision'::regtype, 'timestamptz'::regtype, 'date'::regtype)
                or attribute.atttypid = 'text'::regtype
                   and (   attribute.attname in (
                               'id', 'merged_into', 'deletion_reason', 'state', 'status', 'priority', 'category',
                               'role', 'channel', 'direction', 'locale', 'default_locale', 'place', 'listed_in',
                               'statistic', 'dataset', 'data_type', 'model', 'full_name', 'event_name', 'ended_reason',
                               'drop_reason', 'distribution_method', 'location_country_code',
                               'location_continent_code', 'channel_initial', 'channel_current', 'sla_status',
                               'created_via', 'visible_to', 'http_method', 'time_zone_name', 'team_name',
                               'ticket_type_name', 'sales_agent_outcome', 'sales_agent_routing_outcome',
                               'source_delivered_as', 'ticket_state', 'previous_ticket_state')
                        or attribute.attname ~ '_(id|type|state|status|category)$'
                           -- ids that customers give, which often are addresses
                           and attribute.attname !~ '(^|_)(external_id|user_id|message_id|record_id|reference_id)$'
                        -- of things that are nobody's
                        or attribute.attname in (
                               'name', 'label', 'title', 'description', 'value', 'display_name', 'identifier',
                               'internal_label', 'external_label', 'default_name', 'default_description')
                           and class.relname in (
                               'tags', 'segments', 'teams', 'brands', 'collections', 'collection_translations',
                               'articles', 'article_translations', 'article_tags', 'help_centers', 'newsfeeds',
                               'ticket_types', 'ticket_type_attributes', 'ticket_type_states', 'ticket_states',
                               'ticket_state_types', 'subscription_types', 'subscription_type_translations',
                               'data_attributes', 'data_attribute_options', 'conversation_attributes',
                               'conversation_attribute_options', 'away_status_reasons', 'office_hours_schedules',
                               'office_hours_exceptions', 'contact_tags', 'contact_segments', 'company_tags',
                               'company_segments', 'conversation_tags', 'conversation_topics',
                               'conversation_part_tags')
                           and class.relkind in ('r', 'p', 'v'))
               )
         group by class.oid
    loop
        execute format('grant select (%s) on %s to etl_reader', grantable.columns, grantable.name);
    end loop;
end
$roles$;
