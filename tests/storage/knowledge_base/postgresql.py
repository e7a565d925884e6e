"""Starts a real PostgreSQL from the programs that are installed, on a socket of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def find(name: str) -> str:
    """A program's path; without it the test is skipped."""
    for folder in [*map(str, _PLACES), os.environ.get("PATH", "")]:
        path = shutil.which(name, path=folder)
        if path:
            return path
    pytest.skip(f"no PostgreSQL: {name} is not installed (Debian: apt-get install postgresql)")


class Server:
    """Runs until it is stopped; root runs it as the user postgres, since it refuses root."""

    def __init__(self, folder: Path) -> None:
        pytest.importorskip("psycopg", reason="pip install -r requirements-postgresql.txt")
        initdb, self._control = find("initdb"), find("pg_ctl")
        self._as: dict[str, str] = {}
        if os.geteuid() == 0:
            self._as = {"user": "postgres", "group": "postgres"}
            for above in (folder, *folder.parents):
                if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
                    above.chmod(above.stat().st_mode | 0o011)
            shutil.chown(folder, "postgres", "postgres")
        self._folder = folder
        self._data = folder / "data"
        self._socket = folder
        self._run(initdb, "-D", str(self._data), "-U", "kex", "-A", "trust", "-E", "UTF8",
                  "--locale", "C.UTF-8")  # fmt: skip
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        self._run(self._control, "-D", str(self._data), "-o", options, "-w", "-l",
                  str(folder / "log"), "start")  # fmt: skip
        self._count = 0

    def new_database(self) -> str:
        """Its address."""
        self._count += 1
        name = f"kex{self._count}"
        self._run(find("createdb"), "-h", str(self._socket), "-U", "kex", name)
        return f"postgresql://kex@/{name}?host={quote(str(self._socket), safe='')}"

    def stop(self) -> None:
        self._run(self._control, "-D", str(self._data), "-m", "immediate", "stop")

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            **self._as,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, done.stderr
