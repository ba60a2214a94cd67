"""The palette: one ramp from char to bone, one ember, and a lichen green for what has grown since the fire."""

CHAR, SOOT, BONE = "#14110f", "#221d1a", "#d8cdbd"
EMBER, FLAME = "#d9622b", "#f0a04b"
LICHEN, LEAF = "#5c6346", "#8b9262"

_RAMP = ((20, 17, 15), (34, 29, 26), (58, 52, 49), (91, 83, 77), (138, 128, 120), (216, 205, 189))
_STEPS = 30


def tone(light: float) -> str:
    """Give the grey between char (0) and bone (1), in thirty steps as from thirty bitings of the plate."""
    at = round(min(max(light, 0.0), 1.0) ** 0.8 * _STEPS) / _STEPS * (len(_RAMP) - 1)
    low = min(int(at), len(_RAMP) - 2)
    red, green, blue = (round(a + (b - a) * (at - low)) for a, b in zip(_RAMP[low], _RAMP[low + 1], strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"
