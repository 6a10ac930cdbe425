"""hftctl: the command line."""
