"""The past in Parquet, asked through DuckDB."""
