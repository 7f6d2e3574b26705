select etl.make_attribute_view(%(view_name)s, %(only_workspace)s, %(columns)s, %(remark)s, %(made_from)s, %(anew)s)
