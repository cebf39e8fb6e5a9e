"""The routes that belong to the city as a whole; each domain brings its own."""
