"""Builds workers: `python -m fermata build`."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

_SCRATCH = Path(".fermata")
"""Where the sources are gathered on the way."""

_APP = "fermata_app"
"""The module of a component. It must not be called as its world is."""

_NO_SOURCES = {"tests", "test", "dist", "build", "fermata", "node_modules"}
"""Folders that are no part of a worker."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fermata", description="Builds workers.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="make the component dist/NAME.wasm, NAME as in component.toml")
    command.add_argument("module", nargs="?", default="worker", help="the module with the @worker function [worker]")
    command.add_argument("--world", choices=["connector", "task"], default="connector",
                         help="connector: it may call services; task: it only computes [connector]")
    command.add_argument("--wit", type=Path, default=Path("fermata/wit"),
                         help="the interface that the component is built against [fermata/wit]")
    options = parser.parse_args()
    build(options.module, options.world, options.wit)


def build(module: str, world: str, wit: Path) -> None:
    """Makes a component of the module."""
    name = _name_of_component()
    if not (Path(f"{module}.py").is_file() or Path(module, "__init__.py").is_file()):
        _fail(f"there is no module {module}.py")
    if not wit.is_dir():
        _fail(f"there is no folder {wit}: `fermata wit {wit}` writes it")
    tool = shutil.which("componentize-py", path=str(Path(sys.executable).parent)) or shutil.which("componentize-py")
    if tool is None:
        _fail("componentize-py is missing: `pip install -r requirements.txt` installs it")
    app = _gather(module, world)
    component = Path("dist", f"{name}.wasm")
    component.parent.mkdir(exist_ok=True)
    command = [tool, "-d", str(wit), "-w", world, "componentize", "-p", str(app), _APP, "-o", str(component)]
    made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        print(made.stdout, file=sys.stderr)
        sys.exit(made.returncode)
    print(component)


def _gather(module: str, world: str) -> Path:
    """Copies what belongs to the worker into a folder of its own: all else there would become part of the component."""
    app = _SCRATCH / "app"
    shutil.rmtree(app, ignore_errors=True)
    app.mkdir(parents=True)
    for source in Path().iterdir():
        if source.suffix == ".py":
            shutil.copy(source, app)
        elif source.is_dir() and source.name not in _NO_SOURCES and (source / "__init__.py").is_file():
            shutil.copytree(source, app / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    unused = ["__pycache__", "testing", "__main__.py", *(["connector.py", "http_error.py"] if world == "task" else [])]
    shutil.copytree(Path(__file__).parent, app / "fermata", ignore=shutil.ignore_patterns(*unused))
    host, adapter = ("TaskHost", "task") if world == "task" else ("ConnectorHost", "connector")
    (app / f"{_APP}.py").write_text(
        f"import {module}\n"
        "from fermata._component.task import export\n"
        f"from fermata._component.{adapter} import {host}\n"
        f"Handler = export({module}, {host}())\n"
    )
    return app


def _name_of_component() -> str:
    manifest = Path("component.toml")
    if not manifest.is_file():
        _fail("there is no component.toml here, which says who the worker is")
    name = re.search(r'^name\s*=\s*"([^"]+)"', manifest.read_text(encoding="utf-8"), re.MULTILINE)
    if name is None:
        _fail("component.toml has no `name`")
    return name[1]


def _fail(message: str) -> None:
    sys.exit(f"fermata: {message}")


if __name__ == "__main__":
    main()
