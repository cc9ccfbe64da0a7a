"""What can be typed into the cells of the table, each as one step: its name and the network after it. Without Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import ValidationError

from nnstudio.gui.designer.editing import edits, parts
from nnstudio.network import LAYERS, Connection, Layer, NetworkSpec, SpecError
from nnstudio.network.settings_text import with_settings

OPEN = "–"
"""Stands for an input that nothing feeds."""
_NOTHING = {"", "-", OPEN, "?"}
_BLOCK = re.compile(r"(\w+)(?:(?:\s*[×*]|\s+x)\s*(\d{1,9}))?", re.IGNORECASE)


@dataclass(frozen=True)
class Step:
    """An edit that can be done and undone; an edit that changes nothing has the same network."""

    text: str
    spec: NetworkSpec


def rename(spec: NetworkSpec, name: str, text: str) -> Step:
    """Give a layer another name. All functions here raise ``SpecError``, which says why something cannot be."""
    text = text.strip()
    if problem := edits.name_problem(spec, name, text):
        raise SpecError(problem)
    return Step(f"Rename {name} to {text}", spec.rename(name, text))


def change_kind(spec: NetworkSpec, name: str, text: str) -> Step:
    """Make another layer of it, named by its kind or its title, with all settings that it has too."""
    known = {layer.title.lower(): kind for kind, layer in LAYERS.items()} | {kind: kind for kind in LAYERS}
    wanted = text.strip().lower()
    if wanted not in known:
        raise SpecError(f"There is no layer “{text.strip()}”.", "Choose one of the list.")
    layer = spec.node(name).layer
    kind = known[wanted]
    new = layer if type(layer) is LAYERS[kind] else as_kind(layer, kind)
    return Step(f"Change {name} to {new.title}", spec.replace(name, new))


def as_kind(layer: Layer, kind: str) -> Layer:
    """A layer of another kind that keeps every setting which both have and the new one can take."""
    declaration, kept = LAYERS[kind], dict[str, object]()
    for name in declaration.model_fields.keys() & type(layer).model_fields.keys() - {"kind"}:
        try:
            declaration.model_validate({**kept, name: getattr(layer, name)})
        except ValidationError:
            continue  # the new kind's usual value instead
        kept[name] = getattr(layer, name)
    return declaration.model_validate(kept)


def change_settings(spec: NetworkSpec, name: str, text: str) -> Step:
    """Give a layer the settings that are named in a line such as ``filters=6 kernel=5x5``."""
    old = spec.node(name).layer
    new = with_settings(old, text)
    changed = ", ".join(edits.changed_fields(old, new))
    return Step(f"Change {name} {changed}", spec.replace(name, new))


def change_inputs(spec: NetworkSpec, name: str, text: str) -> Step:
    """Feed a layer by those that are named with commas between them, the first into its first input, and no others."""
    sources = [None if part.strip() in _NOTHING else part.strip() for part in text.split(",")]
    while sources and sources[-1] is None:
        sources.pop()
    layer = spec.node(name).layer
    most = edits.MOST_PORTS if layer.takes_more else layer.takes
    bare = _without_inputs(spec, name)
    for source in filter(None, sources):
        if problem := edits.connection_problem(bare, source, name):
            raise SpecError(problem)
    if len(sources) > most:
        raise SpecError(f"{layer.title} “{name}” takes at most {most} of these {len(sources)} inputs.")
    wanted = {port: source for port, source in enumerate(sources) if source is not None}
    if wanted == {link.port: link.source for link in spec.incoming(name)}:
        return Step("", spec)
    for port, source in wanted.items():
        bare = bare.connect(source, name, port)
    return Step(f"Connect {name}", bare)


def _without_inputs(spec: NetworkSpec, name: str) -> NetworkSpec:
    for link in spec.incoming(name):
        spec = spec.disconnect(name, link.port)
    return spec


def inputs_line(links: tuple[Connection, ...]) -> str:
    """The layers that feed one, in port order, as ``change_inputs`` reads them."""
    fed = {link.port: link.source for link in links}
    return ", ".join(fed.get(port, OPEN) for port in range(max(fed, default=-1) + 1))


def mute(spec: NetworkSpec, name: str, muted: bool) -> Step:
    """Skip a layer, or take it in again."""
    layer = spec.node(name).layer
    if muted and not parts.can_mute(layer):
        raise SpecError(f"{layer.title} “{name}” is an end of the network and cannot be skipped.")
    return Step(f"{'Mute' if muted else 'Unmute'} {name}", spec.mute(name, muted))


def change_block(spec: NetworkSpec, name: str, text: str) -> Step:
    """Put a layer into the block of that name, which is made if need be, or (``""``) into none; ``block1 x3`` says how
    often the network has the block in a row."""
    before = spec.group_of(name)
    if text.strip() in _NOTHING:
        return Step(f"Take {name} out of {before.id}", _out_of_block(spec, name)) if before else Step("", spec)
    found = _BLOCK.fullmatch(text.strip())
    if found is None:
        raise SpecError(f"“{text.strip()}” is no block.", "Write its name, or name and repetitions as in block1 x3.")
    block, times = found.groups()
    inside = before is not None and before.id == block
    if not inside:
        spec = _into_block(spec, name, block)
    if times and int(times) != spec.group(block).repeat:
        spec = spec.change_group(block, repeat=int(times))
    return Step(f"Repeat {block}" if inside else f"Put {name} into {block}", spec)


def _into_block(spec: NetworkSpec, name: str, block: str) -> NetworkSpec:
    old = next((group for group in spec.groups if group.id == block), None)
    members = (*(old.members if old else ()), name)
    if problem := parts.group_problem(spec, members):
        raise SpecError(problem)
    return _out_of_block(spec, name).join(members, block, old.repeat if old else 1)


def _out_of_block(spec: NetworkSpec, name: str) -> NetworkSpec:
    before = spec.group_of(name)
    if before is None:
        return spec
    others = [member for member in before.members if member != name]
    if others and (problem := parts.group_problem(spec, others)):
        raise SpecError(problem)
    alone = spec.free_name("block")
    return spec.join([name], alone).ungroup(alone)
