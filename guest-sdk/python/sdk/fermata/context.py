"""Where the running job stands: its attempt, its time, its place in the process."""

from datetime import datetime, timezone

from . import _host


def attempt() -> int:
    """The number of this attempt, from 1."""
    return _host.current().attempt()


def retries_left() -> int:
    """How many attempts are left if this one fails; 0 means that a failure raises an incident."""
    return _host.current().retries_left()


def deadline() -> datetime:
    """When this attempt is over at the latest. The host may stop it earlier, for computing too long."""
    return datetime.fromtimestamp(_host.current().deadline_ms() / 1000, timezone.utc)


def process_instance_key() -> str:
    """The key of the process instance, a decimal number."""
    return _host.current().process_instance_key()


def process_definition_key() -> str:
    """The key of the deployed process version, a decimal number."""
    return _host.current().process_definition_key()


def process_definition_id() -> str:
    """The id of the process in its model."""
    return _host.current().process_definition_id()


def process_definition_version() -> int:
    """The version of the process, from 1."""
    return _host.current().process_definition_version()


def element_id() -> str:
    """The id of the task in its model."""
    return _host.current().element_id()


def element_instance_key() -> str:
    """The key of this run through the task, a decimal number."""
    return _host.current().element_instance_key()


def tenant_id() -> str:
    """The tenant that owns the process instance; `<default>` without multi-tenancy."""
    return _host.current().tenant_id()
