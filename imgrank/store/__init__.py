"""The token store: content hash -> packed tokens, sentence -> text tokens. Knows no torch and no sentence's meaning."""
