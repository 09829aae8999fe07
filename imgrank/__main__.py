"""Where the process begins: `imgrank`, or `python -m imgrank`."""

import signal

# Before the command line is there to say "Interrupted.", Ctrl-C ends the process as it would any other: no traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from imgrank.cli.app import main

if __name__ == "__main__":
    main()
