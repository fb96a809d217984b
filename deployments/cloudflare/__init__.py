"""The compatible API under /client/v4: programs, rules, and replay of an uploaded capture."""
