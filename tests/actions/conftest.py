from tests.actions.homes import home, place, silence  # noqa: F401 (fixtures)
