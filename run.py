"""Set everything up and run it: ``python3 run.py demo`` or ``python3 run.py test``.

``check``, ``match``, ``rematch`` and ``make-cohort`` do what ``mentormatch`` does by these names,
with files in the folder where it is called; ``notebook`` opens the notebook in a browser.

Needs nothing but Python 3.11 or newer. Everything is installed into the folder ``.venv`` beside
this file; deleting that folder undoes it.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = HERE / ".venv"
BIN = HOME / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
EXTRAS = {
    "demo": "",
    "check": "",
    "match": "",
    "rematch": "",
    "make-cohort": "",
    "test": "[test]",
    "notebook": "[notebook]",
}
JOBS = {
    "demo": "match the example programme",
    "check": "read your sheets and say what is wrong or missing",
    "match": "find the best pairs and write list, report and letters",
    "rematch": "mend a list that was handed out, after somebody left or came late",
    "make-cohort": "make up people to practise with",
    "test": "run the tests",
    "notebook": "open the notebook in your browser",
}
NOTEBOOK = HERE / "notebooks" / "01_match_your_department.ipynb"


def install(extra: str) -> None:
    """Make the environment and install mentormatch into it, unless that has been done."""
    project = (HERE / "pyproject.toml").read_bytes()
    wanted = hashlib.sha256(project + extra.encode()).hexdigest()
    stamp = HOME / f"installed{extra.strip('[]')}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    if not PYTHON.exists():
        print("Making the environment .venv ...", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=False)
        if made.returncode != 0:
            sys.exit(
                "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv"
            )
    print(
        "Installing mentormatch and what it needs (a minute or two the first time) ...", flush=True
    )
    # uv makes environments without pip.
    subprocess.run([str(PYTHON), "-m", "ensurepip"], check=False, stdout=subprocess.DEVNULL)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, "--editable", f".{extra}"], cwd=HERE, check=False)
    if done.returncode != 0:
        sys.exit(
            "Installing failed. Is this computer online? The message above says what went wrong."
        )
    stamp.write_text(wanted, encoding="utf-8")


def main() -> int:
    """Run the demo or the tests and return their exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036  (whoever runs this may have an older one)
        sys.exit(f"mentormatch needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    job = sys.argv[1] if len(sys.argv) > 1 else ""
    if job not in EXTRAS:
        called = "py" if os.name == "nt" else "python3"
        jobs = "\n".join(f"  {called} run.py {name:<13}{JOBS[name]}" for name in EXTRAS)
        told = (
            f"Say what to do:\n{jobs}\n"
            f"Begin with {called} run.py demo. Settings of a job: {called} run.py match --help"
        )
        if job in ("-h", "--help"):
            print(told)
            return 0
        sys.exit(told)
    install(EXTRAS[job])
    command = ["mentormatch", job, *sys.argv[2:]]
    if job == "test":
        # A file at a time on every core: tests of one file share what they set up.
        command = ["pytest", "-n", "auto", "--dist", "loadfile", *sys.argv[2:]]
    elif job == "notebook":
        command = ["jupyterlab", *(sys.argv[2:] or [str(NOTEBOOK)])]
    # The tests belong to this folder; everything else works where it is called.
    where = HERE if job == "test" else None
    return subprocess.run([str(PYTHON), "-m", *command], cwd=where, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
