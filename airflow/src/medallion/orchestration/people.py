"""The users and roles that a stack with FAB's auth manager starts with."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

ADMIN = "admin"
_ADMIN_ROLE = "Admin"
#: What people of clients may do beside what their client's ``access`` says: nothing with a DAG that names no
#: role of theirs.
PEOPLE = "client_people"
_OF_PEOPLE = {
    "can_read": ("Website", "DAG Runs", "Task Instances", "Task Logs", "DAG Versions"),
    "can_create": ("DAG Runs",),
    "can_edit": ("DAG Runs", "Task Instances"),
    "menu_access": ("DAGs",),
}


class Login(NamedTuple):
    """A user's name and password."""

    name: str
    password: str


def make_people(password: str, service: Login, roles: Sequence[str]) -> list[str]:
    """Make the administrator, the user that tasks call the API as, and the roles, where they are not there.

    An administrator who is there keeps the password that they have given themselves; the service's becomes
    the one its tasks log in with.

    Args:
        password: the administrator's, at first.
        service: the login of tasks.
        roles: those that clients' ``access`` names.

    Returns:
        What was not there.
    """
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    # It tells of each of hundreds of permissions.
    logging.getLogger("airflow.providers.fab").setLevel(logging.WARNING)
    with get_application_builder() as builder:
        manager = builder.sm
        manager.sync_roles()
        made = [role for role in (PEOPLE, *roles) if not manager.find_role(role)]
        for role in made:
            manager.add_role(role)
        allow_people(manager)
        if not manager.find_user(username=ADMIN):
            made.append(_add(manager, Login(ADMIN, password)))
        user = manager.find_user(username=service.name)
        if user is None:
            made.append(_add(manager, service))
        else:
            manager.reset_password(user.id, service.password)
    return made


def allow_people(manager: Any) -> Any:
    """Give the role :data:`PEOPLE` what it may do; FAB's security manager is asked, and the role returned."""
    role = manager.find_role(PEOPLE) or manager.add_role(PEOPLE)
    for action, resources in _OF_PEOPLE.items():
        for resource in resources:
            manager.add_permission_to_role(role, manager.create_permission(action, resource))
    return role


def _add(manager: Any, login: Login) -> str:
    role = manager.find_role(_ADMIN_ROLE)
    address = f"{login.name}@medallion.invalid"
    if not manager.add_user(login.name, login.name, "of Medallion", address, role, login.password):
        raise RuntimeError(f"Airflow did not make the user {login.name}; its log says why")
    return login.name
