"""The command line: start, look, halt, flatten, stop. It may import every program; none imports it."""
