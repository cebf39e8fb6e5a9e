"""Public-transport timetables as arrays."""
