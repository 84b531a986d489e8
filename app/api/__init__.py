"""The API for programs: what people can do on the pages, over JSON, with tokens instead of cookies."""
