from tests.actions.homes import home, place, trash  # noqa: F401 (fixtures)
