"""The commands, a file per group: what each is called, which flags it takes, and the one function that it calls."""
