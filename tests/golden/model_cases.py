"""PyTorch's nets of the names and layers that examples/models has, trained for a moment.

`python3 model_cases.py` writes models.npz: the state of each, `lenet5.0.weight` and so on, an input and PyTorch's output
in evaluation. The states are rounded to bfloat16 before that output, so that they compress. tests/torch_test.py uses the
same nets.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def vgg():
    layers, channels = [], 1
    for out in (32, 64, 128):
        for _ in range(2):
            layers += [nn.Conv2d(channels, out, 3, padding="same", bias=False), nn.BatchNorm2d(out), nn.ReLU()]
            channels = out
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(1152, 10))


class BasicBlock(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + shortcut)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.layer1 = nn.Sequential(*(BasicBlock(16, 16, 1) for _ in range(3)))
        self.layer2 = nn.Sequential(*(BasicBlock(16 if i == 0 else 32, 32, 2 if i == 0 else 1) for i in range(3)))
        self.layer3 = nn.Sequential(*(BasicBlock(32 if i == 0 else 64, 64, 2 if i == 0 else 1) for i in range(3)))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        y = self.layer3(self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x))))))
        return self.fc(y.mean((2, 3)))


NETS = {"lenet5": (lenet5, (1, 28, 28)), "vgg": (vgg, (1, 28, 28)), "resnet20": (ResNet20, (3, 32, 32))}


def trained(name, steps=60):
    """A net after some steps on noise, in evaluation."""
    torch.manual_seed(sum(map(ord, name)))
    make, shape = NETS[name]
    net = make()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(net(torch.randn(16, *shape)), torch.randint(10, (16,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.eval()


def main(path):
    arrays = {}
    for name, (_, shape) in NETS.items():
        net = trained(name)
        state = {key: t.bfloat16().to(t.dtype) if t.is_floating_point() else t for key, t in net.state_dict().items()}
        net.load_state_dict(state)
        x = torch.randn(2, *shape).bfloat16().float()
        with torch.no_grad():
            arrays[f"{name}/output"] = net(x).numpy()
        arrays[f"{name}/input"] = x.numpy()
        for key, tensor in state.items():
            arrays[f"{name}/state.{key}"] = tensor.numpy()
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "models.npz")
