"""Makes a virtual environment with the locked version of uv in it; standard library only.

    python3 tools/bootstrap.py .venv

pip installs uv where Python has pip (it honours a mirror set in pip's configuration). Debian's bare
Python has none: then the wheel that uv.lock names is fetched, checked against its hash there, and
unpacked.
"""

from __future__ import annotations

import hashlib
import io
import platform
import subprocess
import sys
import tomllib
import urllib.request
import venv
import zipfile
from pathlib import Path

LOCK = Path(__file__).parent.parent / "uv.lock"


def locked() -> dict:
    """The entry of uv in the lock file."""
    packages = tomllib.loads(LOCK.read_text(encoding="utf-8"))["package"]
    return next(package for package in packages if package["name"] == "uv")


def fits(file: str) -> bool:
    """Whether a wheel of that name runs on this machine."""
    machine = platform.machine().lower().replace("amd64", "x86_64").replace("arm64", "aarch64")
    if sys.platform == "darwin":
        return "macosx" in file and (machine in file or machine.replace("aarch64", "arm64") in file)
    if sys.platform == "win32":
        return "win_" in file and machine.replace("x86_64", "amd64") in file
    return "manylinux" in file and machine in file


def unpack(package: dict, scripts: Path) -> None:
    """Fetch the wheel that the lock names, check its hash, and put its programs into ``scripts``."""
    for wheel in package["wheels"]:
        if not fits(wheel["url"].rpartition("/")[2]):
            continue
        with urllib.request.urlopen(wheel["url"]) as answer:
            content = answer.read()
        found = "sha256:" + hashlib.sha256(content).hexdigest()
        if found != wheel["hash"]:
            raise SystemExit(f"the wheel of uv has hash {found}, uv.lock says {wheel['hash']}")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if ".data/scripts/" in name:
                    target = scripts / Path(name).name
                    target.write_bytes(archive.read(name))
                    target.chmod(0o755)
        return
    raise SystemExit(
        "uv has no wheel for this machine; install uv yourself and put it into .venv/bin"
    )


def main(folder: Path) -> None:
    """Make the environment if it is missing, and uv in it."""
    if sys.version_info < (3, 11):
        raise SystemExit("Tanheng needs Python 3.11 or newer: make PYTHON=python3.11 …")
    package = locked()
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not (scripts / "python").exists():
        venv.create(folder, with_pip=False, symlinks=sys.platform != "win32")
    wanted = f"uv=={package['version']}"
    print(f"installing {wanted} into {folder}")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(scripts / "python"),
        "install",
        "-q",
        wanted,
    ]
    if subprocess.run(pip, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        unpack(package, scripts)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
