"""The schema, version by version; `ml-connector db upgrade` brings a database to the newest."""
