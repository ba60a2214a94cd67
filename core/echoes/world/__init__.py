"""The city: its shape (`model`), its files (`content`) and its laws (`rules`). Pure; nothing here does I/O but the loader's reading of files."""
