"""A network in figures, as text and as Markdown."""

from __future__ import annotations

import pytest

from nnstudio.interop.summary import COLUMNS, as_markdown, as_text, summary
from nnstudio.network import LAYERS, NetworkSpec, check, expand
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.presets import PRESETS, lenet5
from tests.engine.networks import networks_of

LENET = """\
LeNet-5

Name      Layer           Settings           Output  Parameters  Multiply-adds  Receptive field
────────  ──────────────  ────────────────  ───────  ──────────  ─────────────  ───────────────
input1    Input                             1×28×28           –              –              1×1
conv1     Convolution     6 × 5×5 pad 2×2   6×28×28         156        117,600              5×5
relu1     ReLU                              6×28×28           –              –              5×5
pool1     Max pooling     2×2               6×14×14           –              –              6×6
conv2     Convolution     16 × 5×5         16×10×10       2,416        240,000            14×14
relu2     ReLU                             16×10×10           –              –            14×14
pool2     Max pooling     2×2                16×5×5           –              –            16×16
flatten1  Flatten                               400           –              –              all
dense1    Dense           120 units             120      48,120         48,000              all
relu3     ReLU                                  120           –              –              all
dense2    Dense           84 units               84      10,164         10,080              all
relu4     ReLU                                   84           –              –              all
dense3    Dense           10 units               10         850            840              all
output1   Softmax output                         10           –              –              all

14 layers
61,706 parameters
416,520 multiply-adds for an image
"""


def test_as_text() -> None:
    """Known figures of a known network."""
    text = as_text(summary(lenet5()))
    assert squeezed(text).startswith(squeezed(LENET))
    assert text.endswith("while training with batches of 64\n\nNo problems\n")
    table = text.splitlines()[2:18]
    assert len({line.index(line.split()[0]) for line in table}) == 1
    assert max(map(len, table)) == len(table[1]) == table[0].index("field") + 5


def squeezed(text: str) -> str:
    return "\n".join(" ".join(line.replace("─", "").split()) for line in text.splitlines())


def test_as_markdown() -> None:
    lines = as_markdown(summary(lenet5())).splitlines()
    assert lines[0] == "# LeNet-5"
    assert lines[2] == "| Name | Layer | Settings | Output | Parameters | Multiply-adds | Receptive field |"
    assert lines[3] == "| :-- | :-- | :-- | --: | --: | --: | --: |"
    assert lines[5] == "| `conv1` | Convolution | 6 × 5×5 pad 2×2 | 6×28×28 | 156 | 117,600 | 5×5 |"
    assert "- 61,706 parameters" in lines
    assert lines[-3:] == ["## Problems", "", "- None"]


@pytest.mark.parametrize("spec", [networks_of(kind)[0] for kind in LAYERS], ids=LAYERS)
def test_every_layer(spec: NetworkSpec) -> None:
    told = summary(spec)
    assert [row[0] for row in told.rows] == [node.id for node in spec.ordered()]
    for row in told.rows:
        assert len(row) == len(COLUMNS) and "?" not in row
    assert as_markdown(told).count("\n| `") == len(spec.nodes)


def test_what_is_wrong_is_told() -> None:
    spec = lenet5().replace("conv2", Convolution(kernel=(15, 15)))
    told = summary(spec)
    assert [row[3] for row in told.rows[3:6]] == ["6×14×14", "?", "?"]
    assert told.problems[0].startswith("Error: conv2: kernel 15×15 is larger than its input 14×14: ")
    for loop in (lenet5().connect("relu2", "conv1"), NetworkSpec()):
        assert summary(loop).problems
        assert len(as_text(summary(loop)).splitlines()) > len(loop.nodes)


def test_muted_layers_and_blocks() -> None:
    spec = lenet5().join(["relu3", "dense2"], "block").replace("dense2", Dense(units=120))
    spec = spec.change_group("block", repeat=3).mute("relu4")
    told = summary(spec)
    assert [row[0] for row in told.rows] == [node.id for node in expand(spec).spec.nodes]
    assert told.totals[-2:] == ("Left out, since muted: relu4", "Block block × 3")
    assert f"{check(spec).parameter_count:,} parameters" in told.totals
    broken = spec.join(["relu2", "dense1"], "torn", repeat=2)
    assert [row[0] for row in summary(broken).rows] == [node.id for node in broken.nodes]


def test_marks_in_names_stay_text() -> None:
    spec = lenet5().model_copy(update={"name": "a|b *c*\n# <d>"})
    assert as_markdown(summary(spec)).splitlines()[0] == r"# a\|b \*c\* \# \<d\>"


def test_all_presets() -> None:
    for make in PRESETS.values():
        assert as_text(summary(make())) and as_markdown(summary(make()))
