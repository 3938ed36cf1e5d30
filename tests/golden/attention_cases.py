"""Golden cases of attention: input0 to input2 are query, key and value, <case>.mask or <case>.padding a mask."""

import torch
import torch.nn.functional as F
from golden_file import generator
from op_case import add_case

# name, query, key, value, options; mask is the shape of one, of the kind mask_kind
SCALED_DOT_PRODUCT = [
    ("plain", (3, 4), (5, 4), (5, 2), {}),
    ("batch", (2, 3, 4), (2, 5, 4), (2, 5, 4), {}),
    ("heads", (2, 2, 3, 4), (2, 2, 3, 4), (2, 2, 3, 3), {}),
    ("broadcast", (2, 1, 3, 2), (3, 4, 2), (1, 3, 4, 2), {}),
    ("causal", (2, 4, 3), (2, 4, 3), (2, 4, 3), dict(is_causal=True)),
    ("causal_more_keys", (3, 2), (5, 2), (5, 2), dict(is_causal=True)),
    ("causal_fewer_keys", (5, 2), (3, 2), (3, 2), dict(is_causal=True)),
    ("scale", (3, 4), (5, 4), (5, 2), dict(scale=0.3)),
    ("bool", (2, 3, 4), (2, 5, 4), (2, 5, 4), dict(mask=(3, 5), mask_kind="bool")),
    ("bool_of_keys", (2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4), dict(mask=(2, 1, 1, 5), mask_kind="bool")),
    ("bool_dead", (2, 3, 4), (2, 5, 4), (2, 5, 4), dict(mask=(2, 3, 5), mask_kind="dead")),
    ("added", (2, 3, 4), (2, 5, 4), (2, 5, 4), dict(mask=(3, 5), mask_kind="number")),
    ("added_to_all", (2, 2, 3, 2), (2, 2, 3, 2), (2, 2, 3, 2), dict(mask=(2, 1, 3, 3), mask_kind="number")),
]

# name, options: N sequences (0: no such axis), L queries, S keys (0: self-attention), E numbers, H heads
MULTI_HEAD = [
    ("itself", {}),
    ("itself_weights", dict(need_weights=True)),
    ("itself_batch_first", dict(batch_first=True)),
    ("itself_one_sequence", dict(n=0)),
    ("itself_one_sequence_weights", dict(n=0, need_weights=True)),
    ("itself_without_bias", dict(bias=False)),
    ("itself_causal", dict(mask="causal")),
    ("one_head", dict(h=1)),
    ("other", dict(s=4)),
    ("other_weights", dict(s=4, need_weights=True)),
    ("other_batch_first", dict(s=4, batch_first=True)),
    ("other_without_bias", dict(s=4, bias=False, need_weights=True)),
    ("padding", dict(s=4, mask="padding")),
    ("padding_weights", dict(s=4, mask="padding", need_weights=True)),
    ("padding_one_sequence", dict(n=0, s=4, mask="padding")),
    ("mask", dict(s=4, mask="one")),
    ("mask_for_each", dict(s=4, mask="each")),
    ("mask_added", dict(s=4, mask="number", need_weights=True)),
    ("every_head", dict(s=4, need_weights=True, average=False)),
]


def make_mask(kind, shape, name):
    """A mask by its kind. True lets a query attend to a key, and every query has one, but for a dead one."""
    if shape is None:
        return None
    rng = generator(name + " mask")
    if kind == "number":
        return torch.randn(shape, generator=rng, dtype=torch.float64)
    mask = torch.rand(shape, generator=rng) < 0.6
    mask[..., 0] = True
    if kind == "dead":
        mask[0, 1] = False
    return mask


def add_scaled_dot_product(file, name, query, key, value, options):
    """One case of scaled_dot_product_attention; numbers that are added have a gradient, as input3."""
    options = dict(options)
    case, shape, kind = f"attention_{name}", options.pop("mask", None), options.pop("mask_kind", "none")
    mask = make_mask(kind, shape, case)
    specs = [query, key, value] + [lambda _: mask] * (mask is not None)
    run = lambda q, k, v, m=None: F.scaled_dot_product_attention(q, k, v, attn_mask=m, **options)
    add_case(file, case, "scaled_dot_product_attention", specs, run, float32=True, **options)


def add_multi_head(file, name, changes):
    """One case of multi_head_attention. The output is the op's and the weights, one after the other in a row."""
    o = dict(n=2, l=3, s=0, e=4, h=2, bias=True, batch_first=False, need_weights=False, average=True, mask=None)
    o |= changes
    case = f"multi_head_{name}"
    shape = lambda steps: ((o["n"], steps) if o["batch_first"] else (steps, o["n"]) if o["n"] else (steps,)) + (o["e"],)
    inputs = [shape(o["l"])] + [shape(o["s"])] * 2 * (o["s"] > 0)
    narrow = lambda size: lambda rng: torch.randn(size, generator=rng, dtype=torch.float64) * 0.7
    weights = [(3 * o["e"], o["e"]), (o["e"], o["e"])] + [(3 * o["e"],), (o["e"],)] * o["bias"]
    keys, heads = o["s"] or o["l"], max(1, o["n"]) * o["h"]
    mask, padding, is_causal = None, None, o["mask"] == "causal"
    if o["mask"] == "padding":
        padding = ~make_mask("bool", (o["n"], keys) if o["n"] else (keys,), case)
    elif is_causal:
        mask = torch.ones(o["l"], keys, dtype=torch.bool).triu(1)
    elif o["mask"]:
        mask = make_mask(o["mask"], (heads, o["l"], keys) if o["mask"] == "each" else (o["l"], keys), case)
        mask = mask if o["mask"] == "number" else ~mask

    def run(*given):
        q, k, v = given[:3] if o["s"] else (given[0],) * 3
        in_weight, out_weight, in_bias, out_bias = (given[len(inputs) :] + (None, None))[:4]
        turn = lambda x: x.transpose(0, 1) if o["batch_first"] else x
        to_numbers = lambda m: m.to(q.dtype) if m is not None and m.is_floating_point() else m
        output, found = F.multi_head_attention_forward(
            turn(q), turn(k), turn(v), o["e"], o["h"], in_weight, in_bias, None, None, False, 0.0, out_weight, out_bias,
            need_weights=o["need_weights"], key_padding_mask=padding, attn_mask=to_numbers(mask),
            average_attn_weights=o["average"],
        )  # fmt: skip
        parts = [turn(output)] + [found] * o["need_weights"]
        return torch.cat([part.flatten() for part in parts])

    known = dict(heads=o["h"], itself=o["s"] == 0, bias=o["bias"], batch_first=o["batch_first"], causal=is_causal,
                 need_weights=o["need_weights"], average=o["average"])  # fmt: skip
    add_case(file, case, "multi_head_attention", inputs + [narrow(w) for w in weights], run, float32=True, **known)
    for suffix, dtype in [("f64", torch.float64), ("f32", torch.float32)]:
        for key, value in [("padding", padding), ("mask", None if is_causal else mask)]:
            if value is not None:
                file.put(f"{case}.{suffix}.{key}", value.to(dtype) if value.is_floating_point() else value)


def add_attention_cases(file):
    """All cases of this page."""
    for row in SCALED_DOT_PRODUCT:
        add_scaled_dot_product(file, *row)
    for name, changes in MULTI_HEAD:
        add_multi_head(file, name, changes)
