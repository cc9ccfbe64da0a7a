"""``nnstudio [FILE]`` opens the window; with a command the work is done in the terminal.

Exit status: 0 when all went well, 1 when the work failed, 2 for a bad argument or file (told in one line on stderr),
130 when interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from nnstudio import __version__
from nnstudio.cli.output import InputError
from nnstudio.errors import NNStudioError

FILES = (".nnstudio", ".json")
"""What the window opens."""
DATA = "digits, mnist, points such as spirals, or a folder with IDX files or pictures; a wrong name lists all"


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if not arguments or arguments[0].endswith(FILES):
        # Only here: whoever has no window system must still be able to train.
        from nnstudio.gui.app import main as open_window

        return open_window(arguments)
    options = build_parser(next((word for word in arguments if not word.startswith("-")), "")).parse_args(arguments)
    try:
        return int(import_module(f"nnstudio.cli.{options.command}").run(options))
    except InputError as error:
        print(f"nnstudio: {error}", file=sys.stderr)
        return 2
    except NNStudioError as error:
        print(f"nnstudio: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nnstudio: interrupted", file=sys.stderr)
        return 130


def build_parser(command: str) -> argparse.ArgumentParser:
    """Knows all commands, and the options of ``command``: to find out what can be set takes time that only it needs."""
    parser = Parser(
        prog="nnstudio",
        description="A laboratory for neural networks. Without a command, or with a project file, the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"NN Studio {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser, required=True)
    for name, (text, add_options) in COMMANDS.items():
        command_parser = commands.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
        if name == command:
            add_options(command_parser)
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="FILE", help="a project or network file to start from")
    parser.add_argument("--network", metavar="PRESET", help=f"a preset: {_presets()}")
    parser.add_argument("--data", default="digits", help=DATA)
    import_module("nnstudio.cli.settings").add_options(parser)
    _add_device(parser)
    parser.add_argument("--out", metavar="FILE", help="save the trained network as a project file (.nnstudio)")
    _add_json(parser)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a project file with trained weights")
    parser.add_argument("--data", required=True, help=DATA)
    _add_device(parser)
    _add_json(parser)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a project file with trained weights")
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="a PNG or JPEG of a digit, dark on light or light on dark"
    )
    parser.add_argument("--top", type=int, default=3, metavar="K", help="how many answers to give (default 3)")
    _add_json(parser)


def _add_augment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default="digits", help=DATA)
    import_module("nnstudio.cli.augment").add_options(parser)
    _add_json(parser)


def _add_devices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--refresh", action="store_true", help="test every device again")
    _add_json(parser)


def _add_bench(parser: argparse.ArgumentParser) -> None:
    _add_network(parser)
    parser.add_argument(
        "--device",
        action="append",
        metavar="KEY",
        help="a device, or two to be compared (the fastest and numpy by default); see nnstudio devices",
    )
    _add_json(parser)


def _add_tune(parser: argparse.ArgumentParser) -> None:
    _add_network(parser)
    _add_device(parser)
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="S", help="stop after about so long (default 60)"
    )
    _add_json(parser)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", metavar="NETWORK", help=f"a project file, or a preset: {_presets()}")
    import_module("nnstudio.cli.export").add_options(parser)
    _add_json(parser)


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "network", nargs="?", default="lenet5", metavar="NETWORK", help=f"a project file, or a preset: {_presets()}"
    )
    parser.add_argument("--batch-size", type=int, metavar="B", help="pictures before each step (the project's, or 64)")


def _presets() -> str:
    names = import_module("nnstudio.network.presets").PRESETS
    return ", ".join(f"{name} (default)" if name == "lenet5" else name for name in names)


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto (default: the fastest), numpy, opencl, or opencl:INDEX")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "train": ("train a network and save it", _add_train),
    "evaluate": ("test a trained network on a data set", _add_evaluate),
    "predict": ("ask a trained network about pictures", _add_predict),
    "augment": ("show what augmentation makes of training pictures", _add_augment),
    "devices": ("list the devices that can train, with their speed", _add_devices),
    "bench": ("how long each layer takes to train, and what limits it", _add_bench),
    "export": ("write a network as code for PyTorch, Keras or NumPy, or as a table of its layers", _add_export),
    "tune": ("find the fastest way to compute a network on a device", _add_tune),
}


if __name__ == "__main__":
    sys.exit(main())
