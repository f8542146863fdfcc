"""What a client sends, as it came: text, workbooks, Parquet, JSON lines, archives, tables of databases."""
