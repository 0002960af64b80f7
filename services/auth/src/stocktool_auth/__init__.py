"""Users, sessions, keys, roles and delegation grants."""
