"""Names that Python takes, as near as possible to those that somebody gave."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

TAKEN = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "weights"))
"""Names that mean something everywhere in a written file."""
OF_TORCH_MODULES = frozenset((
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile",
    "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer",
    "get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia",
    "named_buffers", "named_children", "named_modules", "named_parameters", "parameters",
    "register_backward_hook", "register_buffer", "register_forward_hook", "register_forward_pre_hook",
    "register_full_backward_hook", "register_full_backward_pre_hook", "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook", "register_module", "register_parameter",
    "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_", "set_extra_state",
    "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "xpu",
    "zero_grad",
))  # fmt: skip
"""What every ``torch.nn.Module`` has already, so that no layer in it can be called so."""


def layer_names(wanted: Iterable[str], taken: Collection[str]) -> dict[str, str]:
    """For each name one that is free: itself, or with ``_`` behind it. Names that begin with ``_`` mean something else
    inside a class, so these lose it."""
    free: dict[str, str] = {}
    occupied = {*TAKEN, *OF_TORCH_MODULES, *taken}
    in_order = list(wanted)
    plain = {name for name in in_order if name not in occupied and not name.startswith("_")}
    for name in in_order:
        chosen = name if name in plain else name.strip("_") or "layer"
        while name not in plain and (chosen in occupied or chosen in plain or not chosen.isidentifier()):
            chosen = f"{chosen}_" if chosen.isidentifier() else f"layer_{chosen}"
        free[name] = chosen
        occupied.add(chosen)
    return free


def class_name(title: str, taken: Collection[str] = ()) -> str:
    """A network's name as that of a class: ``4-layer ConvNet`` becomes ``Network4LayerConvNet``."""
    words = re.findall("[A-Za-z0-9]+", ascii_text(title).replace("'", ""))
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name.isidentifier() and name not in {*TAKEN, *taken} else f"Network{name}"


def file_stem(title: str) -> str:
    """A network's name as that of a file which Python can import: ``LeNet-5`` becomes ``lenet5``."""
    words = re.findall("[a-z0-9]+", ascii_text(title).replace("'", "").replace("-", "").lower())
    stem = "_".join(words)[:60].strip("_")
    return stem if stem.isidentifier() and not keyword.iskeyword(stem) else f"network_{stem}".strip("_")


def ascii_text(text: str) -> str:
    """Without what ASCII does not have: ``Größe’s`` becomes ``Grosse's``."""
    straight = text.replace("’", "'").replace("ß", "ss")
    return unicodedata.normalize("NFKD", straight).encode("ascii", "ignore").decode()
