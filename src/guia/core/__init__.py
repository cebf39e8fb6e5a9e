"""The city brain without a city: time, data, decisions and the loop. Knows no city topic."""
