-- two runs must not make the same view at once; reading goes on
lock table etl.attribute_view in share row exclusive mode
