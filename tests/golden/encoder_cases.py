"""Golden cases of transformer encoders in evaluation.

<case>.state.<name> holds the parameters, <case>.grad.<name> their gradients.
"""

import warnings

import torch
from golden_file import generator
from torch.nn import LayerNorm, TransformerEncoder, TransformerEncoderLayer

# name, layers (0: a layer by itself), whether a norm stands at the end, options, mask
ENCODERS = [
    ("plain", 0, False, {}, None),
    ("norm_first_gelu", 0, False, dict(norm_first=True, activation="gelu"), None),
    ("batch_first", 0, False, dict(batch_first=True, layer_norm_eps=1e-3), "padding"),
    ("without_bias", 0, False, dict(bias=False, norm_first=True), "causal"),
    ("two_layers", 2, False, dict(activation="gelu"), None),
    ("two_layers_norm", 2, True, dict(norm_first=True, batch_first=True), "padding"),
]
STEPS, BATCH, WIDTH, HEADS, HIDDEN = 3, 2, 4, 2, 5


def add_encoder(file, name, layers, final_norm, options, mask):
    """One encoder, in float32."""
    module = TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, **options)
    if layers:
        norm = LayerNorm(WIDTH) if final_norm else None
        module = TransformerEncoder(module, layers, norm, enable_nested_tensor=False)
    rng = generator("encoder " + name)
    draw = lambda shape: torch.randn(shape, generator=rng)
    x = draw((BATCH, STEPS, WIDTH) if options.get("batch_first") else (STEPS, BATCH, WIDTH))
    upstream, state = draw(x.shape), {key: draw(p.shape) * 0.5 for key, p in module.named_parameters()}
    masks = {}
    if mask == "padding":
        masks["src_key_padding_mask"] = torch.tensor([[False] * STEPS, [False] * (STEPS - 1) + [True]])
    elif mask == "causal":
        masks["src_mask"] = torch.ones(STEPS, STEPS, dtype=torch.bool).triu(1)
    known = dict(layers=layers, final_norm=final_norm, mask=mask or "none", norm_first=False, batch_first=False,
                 activation="relu", layer_norm_eps=1e-5, bias=True)  # fmt: skip
    file.describe(name, "encoder", **(known | options))
    module.load_state_dict(state)
    module.eval()
    x.requires_grad_()
    output = module(x, **{"mask" if layers and key == "src_mask" else key: value for key, value in masks.items()})
    names, parameters = zip(*module.named_parameters())
    gradients = torch.autograd.grad(output, [x, *parameters], upstream)
    for key, value in [("input0", x), ("output", output), ("grad_output", upstream), ("grad0", gradients[0])]:
        file.put(f"{name}.{key}", value)
    for key, value, gradient in zip(names, parameters, gradients[1:]):
        file.put(f"{name}.state.{key}", value)
        file.put(f"{name}.grad.{key}", gradient)


def add_encoder_cases(file):
    """All cases of this page."""
    warnings.filterwarnings("ignore", message="enable_nested_tensor")
    for row in ENCODERS:
        add_encoder(file, *row)
