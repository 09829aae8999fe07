from tests.actions.homes import home, place, silence, trash  # noqa: F401 (fixtures)
