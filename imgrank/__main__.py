"""python -m imgrank."""

from imgrank.cli.app import main

main()
