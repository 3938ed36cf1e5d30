"""Golden cases of recurrent nets and embeddings.

input0 is x, input1 the states h (and input2 those of an LSTM's cells), if state=1; the others are the weights in
PyTorch's order. The output is the net's own and its last states, one after the other in a row.
"""

import torch
import torch.nn.functional as F
from op_case import add_case, indices

STEPS, BATCH, INPUTS, UNITS = 3, 2, 2, 3
GROUPS = {"rnn_tanh": 1, "rnn_relu": 1, "lstm": 4, "gru": 3}

# name, options
NETS = [
    ("plain", {}),
    ("without_state", dict(state=False)),
    ("without_bias", dict(bias=False)),
    ("batch_first", dict(batch_first=True)),
    ("both_directions", dict(bidirectional=True)),
    ("both_directions_without_state", dict(bidirectional=True, state=False, batch_first=True)),
    ("two_layers", dict(num_layers=2)),
    ("everything", dict(num_layers=2, bidirectional=True, batch_first=True, units=2)),
    ("one_sequence", dict(batched=False)),
    ("one_step", dict(steps=1)),
]

# name, the shape of the indices, padding_idx
EMBEDDINGS = [
    ("row", (4,), None),
    ("table", (2, 5), None),
    ("padding", (2, 6), 1),
    ("padding_from_the_end", (7,), -2),
    ("one", (), None),
]


def weight_shapes(op, options):
    """The shapes of a net's weights, in order."""
    units, directions = options["units"], 1 + options["bidirectional"]
    wide = GROUPS[op] * units
    shapes = []
    for layer in range(options["num_layers"]):
        inputs = INPUTS if layer == 0 else directions * units
        shapes += ([(wide, inputs), (wide, units)] + [(wide,)] * 2 * options["bias"]) * directions
    return shapes


def add_net(file, op, name, changes):
    """One net; its weights are drawn as the other inputs are, from a narrower distribution."""
    options = dict(num_layers=1, bias=True, batch_first=False, bidirectional=False, state=True, batched=True,
                   steps=STEPS, units=UNITS) | changes  # fmt: skip
    batch = (BATCH,) if options["batched"] else ()
    x = batch + (options["steps"],) if options["batch_first"] else (options["steps"],) + batch
    state = (options["num_layers"] * (1 + options["bidirectional"]),) + batch + (options["units"],)
    states = [state] * (1 + (op == "lstm")) * options["state"]
    narrow = lambda shape: lambda rng: torch.randn(shape, generator=rng, dtype=torch.float64) * 0.6
    specs = [x + (INPUTS,)] + states + [narrow(shape) for shape in weight_shapes(op, options)]
    count = len(states)

    def run(x, *rest):
        start, weights = rest[:count], list(rest[count:])
        if not options["state"]:
            start = [x.new_zeros(state)] * (1 + (op == "lstm"))
        keys = ("num_layers", "bidirectional")
        layers, bidirectional = (options[key] for key in keys)
        start = tuple(start) if op == "lstm" else start[0]
        if not options["batched"]:  # what torch.nn does before it calls the function
            x = x.unsqueeze(1)
            start = tuple(s.unsqueeze(1) for s in start) if op == "lstm" else start.unsqueeze(1)
        arguments = (options["bias"], layers, 0.0, False, bidirectional, options["batch_first"])
        out = getattr(torch, op)(x, start, weights, *arguments)
        return torch.cat([part.flatten() for part in out])

    known = {key: options[key] for key in ("num_layers", "bias", "batch_first", "bidirectional", "state")}
    add_case(file, f"{op}_{name}", op, specs, run, float32=True, **known)


def add_rnn_cases(file):
    """All cases of this page."""
    for op in GROUPS:
        for name, changes in NETS:
            add_net(file, op, name, changes)
    for name, shape, padding in EMBEDDINGS:
        known = {} if padding is None else dict(padding_idx=padding)
        run = lambda i, w: F.embedding(i, w, padding_idx=padding)
        add_case(file, f"embedding_{name}", "embedding", [indices(shape, 5), (5, 3)], run, float32=True, **known)
