"""Settings as a line of text: what is written is read back, what cannot be is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from nnstudio.network import LAYERS, Layer, SpecError
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.upsampling import Upsampling
from nnstudio.network.settings_text import settings_line, with_settings

CONVOLUTION = Convolution()


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a setting's own JSON schema allows."""
    match schema:
        case {"enum": choices}:
            return st.sampled_from(choices)
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "integer"}:
            return st.integers(schema["minimum"], schema["maximum"])
        case {"type": "number"}:
            low, high = schema.get("minimum"), schema.get("maximum")
            return st.floats(
                schema.get("exclusiveMinimum", low), schema.get("exclusiveMaximum", high),
                exclude_min="exclusiveMinimum" in schema, exclude_max="exclusiveMaximum" in schema,
            )  # fmt: skip
        case {"type": "array"}:
            return st.tuples(*map(values, schema["prefixItems"]))
    raise AssertionError(f"no values for {schema}")


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    declaration = LAYERS[draw(st.sampled_from(sorted(LAYERS)))]
    settings = declaration.model_json_schema()["properties"]
    chosen = {name: draw(values(schema)) for name, schema in settings.items() if name != "kind"}
    try:
        return declaration.model_validate(chosen)
    except ValidationError:
        assume(False)  # values that only together are impossible
        raise


@given(layers())
def test_what_is_written_is_read_back(layer: Layer) -> None:
    assert with_settings(type(layer)(), settings_line(layer)) == layer
    assert with_settings(layer, "") == layer


@given(layers(), st.text(max_size=40) | st.from_regex(r"(\w+ ?=[\w,x×.\- ]* ?){0,4}", fullmatch=True))
def test_any_text_is_read_or_refused_in_a_sentence(layer: Layer, text: str) -> None:
    try:
        assert type(with_settings(layer, text)) is type(layer)
    except SpecError as error:
        assert error.message.endswith(".")


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("filters=12", Convolution(filters=12)),
        ("kernel=3", Convolution(kernel=(3, 3))),
        ("kernel=3x5", Convolution(kernel=(3, 5))),
        ("kernel = 3 × 5; padding = 1, 2", Convolution(kernel=(3, 5), padding=(1, 2))),
        ("FILTERS=8, bias=no", Convolution(filters=8, bias=False)),
        ("bias=false groups=2", Convolution(bias=False, groups=2)),
    ],
)
def test_people_write_in_several_ways(text: str, layer: Layer) -> None:
    assert with_settings(CONVOLUTION, text) == layer


@pytest.mark.parametrize(
    ("layer", "text", "reason"),
    [
        (CONVOLUTION, "filters=4097", "filters (=4097) must be at most 4096."),
        (CONVOLUTION, "filters=1.5", "filters (=1.5) must be a whole number."),
        (CONVOLUTION, "padding=-1", "padding (=-1) must be at least 0."),
        (CONVOLUTION, "kernel=abc", "kernel (=abc) must be one number, or two such as 5x5."),
        (CONVOLUTION, "filters=6 kernel 5x5", "“kernel 5x5” is no setting."),
        (Upsampling(), "mode=cubic", "mode (=cubic) must be 'nearest' or 'bilinear'."),
        (Dropout(), "rate=1", "rate (=1) must be less than 1."),
        (Dropout(), "rate=nan", "rate (=nan) must be a finite number."),
        (MaxPooling(), "padding=2", "Max pooling: padding (=2×2) must be at most half of kernel (=2×2)."),
        (LAYERS["relu"](), "slope=1", "ReLU has no settings, so no slope."),
    ],
)
def test_a_refusal_names_the_setting_the_value_and_the_rule(layer: Layer, text: str, reason: str) -> None:
    with pytest.raises(SpecError) as refused:
        with_settings(layer, text)
    assert refused.value.message == reason


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 100_000, "1e999", "\0", "null", "{}", '"6"x'])
def test_monstrous_values_are_refused_briefly(value: str) -> None:
    with pytest.raises(SpecError) as refused:
        with_settings(CONVOLUTION, f"filters={value}")
    assert len(str(refused.value)) < 200
