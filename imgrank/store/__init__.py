"""The token store: content hash and view -> packed tokens, sentence -> text tokens. Knows no torch and no meaning.

Nothing in it is precious: whatever goes wrong with it costs encoding again, never a result.
"""

from imgrank.store.remembered import Remembered
from imgrank.store.segments import View
from imgrank.store.text import TextStore
from imgrank.store.token_store import Found, TokenStore, open_store
from imgrank.store.upkeep import Pruned, StoredTokens, StoreInfo, clear, prune, store_info

__all__ = [
    "Found",
    "Pruned",
    "Remembered",
    "StoreInfo",
    "StoredTokens",
    "TextStore",
    "TokenStore",
    "View",
    "clear",
    "open_store",
    "prune",
    "store_info",
]
