"""A stand-in for the host, so that plain `python -m unittest` tests a worker::

    host = Host().secret("API_KEY").setting("base-url", "https://stock.example")
    host.expect("GET", "https://stock.example/lamp", Answer.json(200, {"count": 7}))
    run = host.run(handle, {"article": "lamp"})
    assert run.completed() == {"inStock": True}

Each `run` on one host is the next attempt of the same job: checkpoints and effects stay.
Clocks and randomness are Python's own.
"""

from ._host import Host
from ._http import Answer, SentRequest
from ._run import LogRecord, Run

__all__ = ["Answer", "Host", "LogRecord", "Run", "SentRequest"]
