"""Set NN Studio up on this machine, where that is still to do, and start it.

    python3 start.py                the app
    python3 start.py COMMAND ...    a command of nnstudio: python3 start.py train --epochs 1
    python3 start.py test ...       the tests; the arguments go to pytest

Everything goes into `.venv` beside this file; what is done is marked there, so that the next start only looks at the
marks. On Debian and Ubuntu the system libraries that Qt and OpenCL need are installed too, where that is allowed.
Only the standard library is used, and only syntax that Python 3.6 reads, so that an old one gets as far as the check.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "NN Studio needs Python 3.11 or newer and this is Python {}.{} ({}): install a newer one, for instance from "
        "https://www.python.org/downloads/, and run start.py with it.".format(*sys.version_info[:2], sys.executable)
    )

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import venv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PROGRAM = PYTHON.with_name("nnstudio")
MARKS = VENV / "start"
UNFINISHED = VENV / "installation-under-way"
LOG = VENV / "installation.log"
NEEDED_MB = 1200
WORKERS = min((os.cpu_count() or 1) + 1, 5)
"""Processes for all tests side by side: one more than processors, since each waits now and then."""
SIDE_BY_SIDE = ["-n", str(WORKERS), "--dist", "worksteal", "--durations", "30"]

# The libraries that Qt's wheel uses and does not bring along, with the Debian package of each.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
OPENCL_DRIVERS = "/etc/OpenCL/vendors"
SCREEN_PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth", "xdotool": "xdotool"}

# What pip, apt-get and the operating system say, and what that means here.
EXPLANATIONS = {
    f"the disk is full: about {NEEDED_MB} MB are needed in {ROOT}; make room and start again.": (
        "No space left on device", "not enough space on the disk", "quota exceeded", "Errno 28"),
    "the packages could not be downloaded: check the internet connection and pip's settings, and start again.": (
        "establish a new connection", "name resolution", "Name or service not known", "getaddrinfo failed",
        "(from versions: none)",
        "Max retries exceeded", "timed out", "Connection refused", "Connection reset", "Connection broken",
        "Network is unreachable", "ProxyError", "SSLError"),
    f"{ROOT} cannot be written to: start again as the user who owns it, or copy the folder to one of your own.": (
        "Permission denied", "Read-only file system", "Access is denied", "Operation not permitted"),
}  # fmt: skip


class SetupError(Exception):
    """One sentence for the person at the keyboard."""


def main(arguments: list[str]) -> int:
    try:
        return start(arguments)
    except SetupError as error:
        say(str(error))
    except KeyboardInterrupt:
        say("interrupted; the next start goes on from here.")
    except OSError as error:
        say(explain(str(error)))
    return 1


def start(arguments: list[str]) -> int:
    testing = arguments[:1] == ["test"]
    windowless = not arguments and not has_display()
    purpose = "test" if testing else "command" if arguments or windowless else "window"
    if not (venv_works() and is_done(purpose)):
        prepare(purpose)
    if testing:
        return become(["-m", "pytest", *(arguments[1:] or SIDE_BY_SIDE)], ROOT)
    if windowless:
        raise SetupError(
            "everything is set up, but the window cannot open because there is no display here (neither DISPLAY nor "
            f"WAYLAND_DISPLAY is set); this trains a network without one: {PROGRAM} train"
        )
    return become(["-P", "-m", "nnstudio", *arguments], Path.cwd())


def has_display() -> bool:
    variables = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform != "linux" or any(os.environ.get(name) for name in variables)


def become(words: list[str], folder: Path) -> int:
    """Go on as another program; Windows has no such thing and waits for it instead."""
    command = [str(PYTHON), *words]
    if os.name != "nt":
        os.chdir(folder)
        os.execv(command[0], command)
    return subprocess.call(command, cwd=folder)


# -- what is done already ---------------------------------------------------------------------------------------------


def fingerprint() -> str:
    """Changes when the project has to be installed again: other dependencies, another Python, a moved folder."""
    parts = (PROJECT.read_bytes(), (VENV / "pyvenv.cfg").read_bytes(), str(ROOT).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_done(purpose: str) -> bool:
    mark = MARKS / purpose
    return not UNFINISHED.exists() and mark.exists() and mark.read_text() == fingerprint()


def mark_as_done(purpose: str) -> None:
    MARKS.mkdir(exist_ok=True)
    (MARKS / purpose).write_text(fingerprint())


def venv_works() -> bool:
    """Whether `.venv` has a Python that runs, is new enough and has pip; one by hand is as good as one from here.

    It stops working when the Python that it links to is upgraded or removed.
    """
    question = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([PYTHON, "-I", "-c", question], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def prepare(purpose: str) -> None:
    """Install what is missing for this purpose. Whatever is interrupted here is done again by the next start."""
    if sys.platform == "linux":
        provide_system_packages(purpose)
    serving = ["test"] if purpose == "test" else ["test", "window", "command"]
    if not (venv_works() and any(is_done(other) for other in serving)):
        install(testing=purpose == "test")
    mark_as_done(purpose)


# -- Python packages --------------------------------------------------------------------------------------------------


def install(testing: bool) -> None:
    """Install the project, editable, into `.venv`.

    While pip is at work a file says so. Where it is left behind, packages may be there by half, and `.venv` is made
    anew; a pip that failed before it changed anything takes the file away itself.
    """
    say("setting up, which is needed once and takes a minute or two.")
    if UNFINISHED.exists() or not venv_works():
        make_venv()
    UNFINISHED.touch()
    status = run_pip(["install", "--editable", f"{ROOT}[test]" if testing else str(ROOT)])
    output = LOG.read_text(encoding="utf-8")
    if status == 0:
        shutil.rmtree(MARKS, ignore_errors=True)
    if status == 0 or "Installing collected packages" not in output:
        UNFINISHED.unlink()
    if status != 0:
        raise SetupError(f"{explain(output)} (What pip said: {LOG})")


def make_venv() -> None:
    if shutil.disk_usage(ROOT).free < NEEDED_MB * 1_000_000:
        raise SetupError(explain("No space left on device"))
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError(f"this Python ({sys.executable}) has no ensurepip module: install its venv package.")
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    UNFINISHED.touch()
    try:
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(VENV)
    except subprocess.CalledProcessError as error:
        raise SetupError(explain(error.output.decode(errors="replace"))) from error


def run_pip(arguments: list[str]) -> int:
    """Run pip with its output in a log file, and, on a terminal, its last step in one line that changes."""
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    command = [str(PYTHON), "-I", "-m", "pip", *arguments, *options]
    pip = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    )
    with pip, LOG.open("w", buffering=1, encoding="utf-8") as log:
        for line in pip.stdout or ():
            log.write(line)
            show_step(line.strip())
    show_step("")
    return pip.returncode


def show_step(text: str) -> None:
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r" + text[:width].ljust(width) + "\r")
        sys.stderr.flush()


# -- system packages (Linux) ------------------------------------------------------------------------------------------


def provide_system_packages(purpose: str) -> None:
    """Install what is missing where that is allowed; else name the one command that does it.

    Raises `SetupError` where something is missing that this purpose cannot do without.
    """
    needed, helpful = missing_from_system(purpose)
    if not needed and not helpful:
        return
    apt = shutil.which("apt-get")
    packages = sorted({*needed.values(), *helpful.values()})
    advice = f"install {', '.join(packages)} (so Debian calls them) with the system's package manager."
    if apt:
        install_words = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
        advice = f"this installs what is missing: sudo apt-get update && sudo {' '.join(install_words)}"
    if apt and may_install():
        say(f"installing system packages: {' '.join(packages)}")
        advice = f"{run_apt(install_words)} {advice}".lstrip()
        needed, helpful = missing_from_system(purpose)
    if needed:
        names = [*list(needed)[:3], f"{len(needed) - 3} more libraries"][: len(needed)]
        raise SetupError(f"this system lacks {', '.join(names)}; {advice}")
    if helpful:
        say(f"going on without {' and without '.join(helpful)}; {advice}")


def missing_from_system(purpose: str) -> tuple[dict[str, str], dict[str, str]]:
    """What is missing, as it is called and with its Debian package: what is needed, and what only helps."""
    needed = {}
    helpful = {}
    if importlib.util.find_spec("ensurepip") is None and not venv_works():
        needed["the Python module ensurepip"] = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if purpose != "command":
        needed.update({name: package for name, package in QT_LIBRARIES.items() if not loads(name)})
        if not has_file(FONT_FOLDERS, "*.[to]tf"):
            needed["a font"] = "fonts-dejavu-core"
    if not has_file([OPENCL_DRIVERS], "*.icd"):
        helpful["an OpenCL driver (NumPy does the work instead)"] = "pocl-opencl-icd"
    if purpose == "test":
        programs = {name: package for name, package in SCREEN_PROGRAMS.items() if not shutil.which(name)}
        helpful.update({f"{name} (tests that need it are skipped)": package for name, package in programs.items()})
    return needed, helpful


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_file(folders: Iterable[str], pattern: str) -> bool:
    return any(file for folder in folders for file in Path(folder).expanduser().rglob(pattern))


def may_install() -> bool:
    return os.geteuid() == 0 or (
        shutil.which("sudo") is not None and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    )


def run_apt(install_words: list[str]) -> str:
    """Refresh the package lists and install; returns "" or the reason why it did not work."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    prefix += ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"]
    subprocess.run([*prefix, "apt-get", "update"], capture_output=True)  # where it fails, old lists may still do
    result = subprocess.run([*prefix, *install_words], capture_output=True, encoding="utf-8", errors="replace")
    return "" if result.returncode == 0 else explain(result.stdout + result.stderr)


# -- words ------------------------------------------------------------------------------------------------------------


def explain(output: str) -> str:
    """One sentence for what a program or the operating system said when it failed."""
    for sentence, signs in EXPLANATIONS.items():
        if any(sign in output for sign in signs):
            return sentence
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no reason was given"]
    errors = [line for line in lines if line.startswith(("ERROR", "E:", "error"))]
    return f"the installation failed: {(errors or lines)[-1]}"


def say(sentence: str) -> None:
    print(f"NN Studio: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
