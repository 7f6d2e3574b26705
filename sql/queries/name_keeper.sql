select set_config('application_name', 'intercom-etl keeper', false)
