-- Views of custom attributes are made by functions that work with the rights of the tables' owner: a login that
-- loads rows needs no right to create anything. Whatever they are given, they make such views and nothing else.

create function etl.attribute_value(kind text, attribute text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    return case kind
        when 'text'        then format('etl.to_text(a.held -> %L)', attribute)
        when 'bigint'      then format('etl.to_bigint(a.held -> %L)', attribute)
        when 'numeric'     then format('etl.to_numeric(a.held -> %L)', attribute)
        when 'boolean'     then format('etl.to_boolean(a.held -> %L)', attribute)
        when 'timestamptz' then format(
            'case jsonb_typeof(a.held -> %1$L)'
            ' when ''number'' then etl.time_of_number((a.held -> %1$L)::numeric)'
            ' when ''string'' then etl.time_of_text(a.held ->> %1$L) end', attribute)
        when 'jsonb'       then format('nullif(a.held -> %L, ''null'')', attribute)
        when 'mixed'       then format('a.held ->> %L', attribute)
    end;
end
$$;
comment on function etl.attribute_value(text, text) is 'The expression that reads an attribute of a.held as a kind; NULL for a kind that is none.';

create function etl.make_attribute_view(
    view_name text, only_workspace text, columns jsonb, remark text, made_from text, anew boolean
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    source     record;
    defined    record;
    grants     text[];
    statement  text;
begin
    select known.record_table, known.member into source
      from (values ('contact_attributes', 'contacts', 'custom_attributes'),
                   ('company_attributes', 'companies', 'custom_attributes'),
                   ('conversation_attributes', 'conversations', 'custom_attributes'),
                   ('ticket_attributes', 'tickets', 'ticket_attributes')) as known (view, record_table, member)
     where view_name = known.view
        or only_workspace is not null and starts_with(view_name, known.view || '_');
    if not found then
        raise exception '% is no view of custom attributes', quote_ident(view_name) using errcode = '42501';
    end if;
    if to_regclass('analytics.' || quote_ident(view_name)) is not null
        and not exists (select from etl.attribute_view made where made.view_name = make_attribute_view.view_name)
    then
        raise exception 'analytics.% was made by somebody else', quote_ident(view_name) using errcode = '42501';
    end if;

    if anew then
        grants := array(
            select format('grant %s on analytics.%I to %s%s',
                          held.privilege_type, view_name,
                          case when held.grantee = 0 then 'public' else quote_ident(role.rolname) end,
                          case when held.is_grantable then ' with grant option' else '' end)
              from pg_class class
             cross join lateral aclexplode(class.relacl) held
              left join pg_roles role on role.oid = held.grantee
             where class.oid = to_regclass('analytics.' || quote_ident(view_name))
               and held.grantee <> class.relowner
               and (role.rolname is not null or held.grantee = 0));
        execute format('drop view analytics.%I', view_name);
    end if;

    -- the values are taken out of the record once a row and not once a column: hence `offset 0`
    select format('create or replace view analytics.%I (workspace_id, id%s) as select t.workspace_id, t.id%s from'
                  ' intercom.%I t cross join lateral (select t.raw -> %L as held offset 0) a%s',
                  view_name,
                  coalesce(string_agg(format(', %I', each.value ->> 'name'), '' order by each.position), ''),
                  coalesce(string_agg(', ' || etl.attribute_value(each.value ->> 'kind', each.value ->> 'attribute'),
                                      '' order by each.position), ''),
                  source.record_table, source.member,
                  case when only_workspace is null then '' else format(' where t.workspace_id = %L', only_workspace) end)
      into statement
      from jsonb_array_elements(columns) with ordinality as each (value, position);
    execute statement;
    execute format('comment on view analytics.%I is %L', view_name, remark);
    for defined in
        select each.value ->> 'name' as name, each.value ->> 'remark' as remark from jsonb_array_elements(columns) as each (value)
    loop
        execute format('comment on column analytics.%I.%I is %L', view_name, defined.name, defined.remark);
    end loop;
    foreach statement in array coalesce(grants, '{}') loop
        execute statement;
    end loop;

    insert into etl.attribute_view as made (view_name, checksum, columns)
    select make_attribute_view.view_name, made_from,
           coalesce(jsonb_agg(jsonb_build_array(each.value -> 'name', each.value -> 'attribute') order by each.position), '[]')
      from jsonb_array_elements(make_attribute_view.columns) with ordinality as each (value, position)
        on conflict on constraint attribute_view_pkey do update
       set checksum = excluded.checksum,
           columns  = excluded.columns;
end
$$;
comment on function etl.make_attribute_view(text, text, jsonb, text, text, boolean) is
    'Makes a view of custom attributes and remembers it in etl.attribute_view; anew: drops it first, and gives back its grants.';

-- whoever may call them makes views with the owner's rights: `sql/roles.sql` lets the loader
revoke all on function etl.make_attribute_view(text, text, jsonb, text, text, boolean) from public;
