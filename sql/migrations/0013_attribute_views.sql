-- Casts for the generated views of custom attributes. What does not fit is NULL and never an error: one
-- bad value must not make a whole view unreadable. Immutable, and simple enough to be inlined. None names
-- another: who inlines a function looks its names up, and who may read a view need not see schema etl.

create function etl.to_text(value jsonb) returns text
language sql immutable parallel safe as $$
    select case when jsonb_typeof(value) in ('string', 'number', 'boolean') then value #>> '{}' end
$$;
comment on function etl.to_text(jsonb) is 'Text, and numbers and booleans as text; NULL for lists and objects.';

create function etl.to_bigint(value jsonb) returns bigint
language sql immutable parallel safe as $$
    select case jsonb_typeof(value)
        when 'number' then case
            when value::numeric between -9223372036854775808 and 9223372036854775807
                and value::numeric = trunc(value::numeric)
            then value::numeric::bigint end
        when 'string' then case
            when value #>> '{}' ~ '^ *[+-]?[0-9]{1,30}([.]0{0,30})? *$' then case
                when (value #>> '{}')::numeric between -9223372036854775808 and 9223372036854775807
                then (value #>> '{}')::numeric::bigint end end
    end
$$;
comment on function etl.to_bigint(jsonb) is 'Whole numbers of eight bytes, also written as text; NULL for anything else.';

create function etl.to_numeric(value jsonb) returns numeric
language sql immutable parallel safe as $$
    select case jsonb_typeof(value)
        when 'number' then value::numeric
        when 'string' then case
            when length(value #>> '{}') <= 400
                and value #>> '{}' ~ '^ *[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})? *$'
            then (value #>> '{}')::numeric end
    end
$$;
comment on function etl.to_numeric(jsonb) is 'Numbers exactly as they came, also written as text; NULL for anything else, NaN included.';

create function etl.to_boolean(value jsonb) returns boolean
language sql immutable parallel safe as $$
    select case jsonb_typeof(value)
        when 'boolean' then value::boolean
        when 'string' then case lower(value #>> '{}') when 'true' then true when 'false' then false end
    end
$$;
comment on function etl.to_boolean(jsonb) is 'true and false, also written as text; NULL for anything else.';

-- 100,000,000,000: as seconds the year 5138, as milliseconds 1973. Rounded first, since float8 knows no 1e-400.
create function etl.time_of_number(number numeric) returns timestamptz
language sql immutable parallel safe as $$
    select case
        when number between -62135596800 and 99999999999.999999
        then to_timestamp(round(number, 6)::double precision)
        when number between 100000000000 and 253402300799999
            or number between -62135596800000 and -100000000000
        then to_timestamp(round(number / 1000, 6)::double precision)
    end
$$;
comment on function etl.time_of_number(numeric) is 'Unix seconds or milliseconds within the years 1 to 9999; NULL for anything else.';

create function etl.time_of_text(written text) returns timestamptz
language sql immutable parallel safe as $$
    select case
        when number between -62135596800 and 99999999999.999999
        then to_timestamp(round(number, 6)::double precision)
        when number between 100000000000 and 253402300799999
            or number between -62135596800000 and -100000000000
        then to_timestamp(round(number / 1000, 6)::double precision)
        when moment >= timestamp '0001-01-01' and moment < timestamp '10000-01-01' then moment at time zone 'UTC'
    end
    from (
        select
            case
                when written ~ '^ *-?[0-9]{1,15}([.][0-9]{1,9})? *$' then written::numeric
            end as number,
            case
                when written ~ ('^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
                    '([Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?'
                    '( ?([Zz]|UTC|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?))?)?$')
                then case
                    when substr(written, 9, 2)::integer <= extract(day from
                        make_date(substr(written, 1, 4)::integer, substr(written, 6, 2)::integer, 1)
                        + interval '1 month' - interval '1 day')
                    then make_timestamp(
                            substr(written, 1, 4)::integer,
                            substr(written, 6, 2)::integer,
                            substr(written, 9, 2)::integer,
                            coalesce(nullif(substr(written, 12, 2), ''), '0')::integer,
                            coalesce(nullif(substr(written, 15, 2), ''), '0')::integer,
                            coalesce(substring(written from '^.{16}:([0-9]{2}([.][0-9]+)?)'), '0')::double precision)
                        - coalesce(substring(substr(written, 11) from '([+-])[0-9]{2}:?(?:[0-9]{2})?$') || '1', '1')::integer
                        * make_interval(
                            hours => coalesce(substring(substr(written, 11) from '[+-]([0-9]{2}):?(?:[0-9]{2})?$'), '0')::integer,
                            mins => coalesce(substring(substr(written, 11) from '[+-][0-9]{2}:?([0-9]{2})$'), '0')::integer)
                end
            end as moment
    ) as parsed
$$;
comment on function etl.time_of_text(text) is 'ISO 8601 (UTC where no zone is written), or a number as in etl.time_of_number; NULL for anything else.';

create table etl.attribute_view (
    view_name text primary key,
    checksum  text not null,
    columns   jsonb not null
);
comment on table etl.attribute_view is 'Views of schema analytics that are generated from the definitions of custom attributes.';
comment on column etl.attribute_view.checksum is 'SHA-256 of the statements that made the view; it is only made again when they differ.';
comment on column etl.attribute_view.columns is 'Pairs of column and attribute in the order of the view: a column never changes its meaning.';
