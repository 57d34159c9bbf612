"""A component of the world `connector`: it may call services that the operator granted."""

from __future__ import annotations

from wit_world.imports import effects, secrets, store

from .. import _host
from .http import send
from .task import TaskHost, asking


class ConnectorHost(TaskHost):
    """The host of a component of the world `connector`."""

    def placeholder(self, name: str) -> str:
        return asking(f"the secret `{name}`", lambda: secrets.placeholder(name))

    def reveal(self, name: str) -> str:
        return asking(f"the secret `{name}`", lambda: secrets.reveal(name))

    def effect_begin(self, name: str, digest: bytes) -> _host.BegunCall:
        match asking(f"the call `{name}`", lambda: effects.begin(name, digest)):
            case effects.Begun_Fresh(key):
                return _host.BegunCall("fresh", key=key)
            case effects.Begun_Unknown(key):
                return _host.BegunCall("unknown", key=key)
            case effects.Begun_Answered(answer):
                return _host.BegunCall("answered", answer=answer)

    def effect_finish(self, name: str, answer: bytes) -> None:
        asking(f"the answer to the call `{name}`", lambda: effects.finish(name, answer))

    def setting(self, key: str) -> str | None:
        return asking(f"the setting `{key}`", lambda: store.get(key))

    def http_send(self, request: _host.Request) -> _host.Answer:
        return send(request)
