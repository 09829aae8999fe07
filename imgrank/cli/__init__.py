"""One module a command: arguments in, one library call, text out. No arithmetic."""
