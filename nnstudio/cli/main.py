"""``nnstudio [FILE]`` opens the window; with a command the work is done in the terminal.

Exit status: 0 when all went well, 1 when the work failed, 2 for a bad argument or file (told in one line on stderr),
130 when interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from nnstudio import __version__
from nnstudio.cli.output import InputError
from nnstudio.errors import NNStudioError

FILES = (".nnstudio", ".json")
"""What the window opens."""


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
    options = build_parser().parse_args(arguments)
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


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="nnstudio",
        description="A laboratory for neural networks. Without a command, or with a project file, the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"NN Studio {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser, required=True)
    _add_train(commands.add_parser("train", help="train a network", description="Train a network and save it."))
    _add_evaluate(commands.add_parser("evaluate", help="test a trained network on a data set"))
    _add_predict(commands.add_parser("predict", help="ask a trained network about pictures"))
    _add_devices(commands.add_parser("devices", help="list the devices that can train, with their speed"))
    _add_bench(commands.add_parser("bench", help="how long each layer takes to train, and what limits it"))
    _add_tune(commands.add_parser("tune", help="find the fastest way to compute a network on a device"))
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="FILE", help="a project or network file to start from")
    parser.add_argument("--network", metavar="PRESET", help="lenet5 (default), convnet, mlp or perceptron")
    parser.add_argument("--data", default="digits", help="digits (default), mnist, or a folder with IDX files")
    parser.add_argument("--epochs", type=int, metavar="N", help="how often to see the whole training set")
    parser.add_argument("--batch-size", type=int, metavar="B", help="pictures before each step")
    parser.add_argument("--optimizer", metavar="NAME", help="sgd, momentum, nesterov, rmsprop, adam (default), adamw")
    parser.add_argument("--learning-rate", type=float, metavar="RATE", help="how far each step goes")
    parser.add_argument("--momentum", type=float, metavar="SHARE", help="for momentum and nesterov")
    parser.add_argument("--weight-decay", type=float, metavar="DECAY", help="pull of the weights towards 0")
    parser.add_argument("--seed", type=int, metavar="S", help="the same seed repeats a run")
    _add_device(parser)
    parser.add_argument("--out", metavar="FILE", help="save the trained network as a project file (.nnstudio)")
    _add_json(parser)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a project file with trained weights")
    parser.add_argument("--data", required=True, help="digits, mnist, or a folder with IDX files")
    _add_device(parser)
    _add_json(parser)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a project file with trained weights")
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="a PNG or JPEG of a digit, dark on light or light on dark"
    )
    parser.add_argument("--top", type=int, default=3, metavar="K", help="how many answers to give (default 3)")
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


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "network", nargs="?", default="lenet5", metavar="NETWORK", help="a preset (default lenet5) or a project file"
    )
    parser.add_argument("--batch-size", type=int, metavar="B", help="pictures before each step (the project's, or 64)")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto (default: the fastest), numpy, opencl, or opencl:INDEX")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


if __name__ == "__main__":
    sys.exit(main())
