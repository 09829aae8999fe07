"""From a sentence and stored tokens to scores: who answers, by what arithmetic, and how sure that is.

Three scorers stand behind one protocol: a trained adapter, likeness to the sentence, nearness to a picture. `sort`,
`eval`, `explain` and the engines all come through `ask`. Knows tokens and adapters; must not know files of pictures,
the store, or how an order is shown.
"""
