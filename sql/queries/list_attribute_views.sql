select view_name, checksum, columns
  from etl.attribute_view
