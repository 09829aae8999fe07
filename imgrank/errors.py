"""What can go wrong, as one family. Each message is a sentence for the user; the exit code stands on the class.

ImgrankError                1  nothing could be ranked, trained or undone
+-- UsageError              2  the command line or the call asks for something that cannot be
|   +-- BackboneError       2  a backbone that is unknown, not on disk, or does not load
|   +-- AdapterError        2  an adapter file that is unknown, damaged or made for another backbone
|   +-- LabelsError         2  a labels file with faults, every one of them named
+-- NothingToRank           1  no picture was found, or none could be read
+-- IndexFault              1  an index of tokens is damaged, or cannot be read or written
+-- StoreError              1  the token store cannot be used; the pipeline goes on without it
+-- ActionError             1  files could not be changed, or not put back
|   +-- DoubtfulOrder       1  the order may mean nothing, and pictures would be thrown away by it
+-- TrainingError           1  training stopped: too little data, or the loss is no number
+-- Interrupted           130  Ctrl-C or SIGTERM
"""

from __future__ import annotations

NO_THREAD = "This machine cannot begin more work now, for it runs too much at once; end some of that, and try again."


def lacks_thread(error: BaseException) -> bool:
    """Whether this is what Python raises, anywhere, where the system has no thread to give."""
    return isinstance(error, RuntimeError) and str(error).startswith("can't start new thread")


class ImgrankError(Exception):
    """Base of every error that imgrank raises on purpose.

    Attributes:
        exit_code: What the command line exits with.
        remedy: What to do about it, or empty. `{skip_bad}` in it names a parameter of the call, which the command line
            prints as its option, `--skip-bad`; `{undo}`, `{finish}` and `{history}` name what can be done about runs.
            Pages have words of their own for both.
    """

    exit_code = 1

    def __init__(self, facts: str = "", remedy: str = "") -> None:
        """`facts` says in a whole sentence what was asked and what is wrong; it is what `str` gives."""
        super().__init__(facts)
        self.remedy = remedy


class UsageError(ImgrankError):
    """The command line or the call asks for something that cannot be done."""

    exit_code = 2


class BackboneError(UsageError):
    """A backbone is unknown, not on disk while offline, or does not load."""


class AdapterError(UsageError):
    """An adapter is unknown, damaged, or was made for another backbone."""


class LabelsError(UsageError):
    """A labels file has faults; the message lists each with its line."""


class NothingToRank(ImgrankError):
    """No picture was found where the user pointed, or none of them could be read."""


class IndexFault(ImgrankError):
    """An index of tokens is damaged, or cannot be read or written."""


class StoreError(ImgrankError):
    """The token store cannot be read or written; never fatal, the pipeline encodes instead."""


class ActionError(ImgrankError):
    """Files could not be changed as planned, or could not be put back."""


class DoubtfulOrder(ActionError):
    """Pictures would be thrown away by an order that may mean nothing."""


class TrainingError(ImgrankError):
    """Training cannot start or go on."""


class Interrupted(ImgrankError):
    """The user asked to stop; what was done so far has been printed or saved."""

    exit_code = 130
