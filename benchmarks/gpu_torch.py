"""Images per second in training AlexNet on a GPU in PyTorch, float32 (TF32, as in TensorFlow) and mixed.

`gpu.py` runs it. Prints rows of its table as JSON, one that says why where there is no PyTorch or no GPU.
"""

import json
import statistics
import time

import numpy as np

from steps import torch_alexnet

BATCH, STEPS, TURNS = 128, 20, 5


def main():
    """Print the rows."""
    print(json.dumps(rows()))


def rows():
    """Two rows, or one without figures."""
    try:
        import torch
    except ImportError:
        return [["PyTorch", "", "", "", "not installed", "–"]]
    if not torch.cuda.is_available():
        return [["PyTorch", "", "", "", "sees no GPU", "–"]]
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    return [_row(torch, mixed) for mixed in (False, True)]


def _row(torch, mixed):
    random, model = np.random.default_rng(0), torch_alexnet().cuda()
    images = torch.from_numpy(random.random((BATCH, 3, 227, 227), dtype="float32")).cuda()
    targets, loss = torch.from_numpy(random.integers(0, 1000, BATCH)).cuda(), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), 0.001, momentum=0.9)
    scaler = torch.amp.GradScaler("cuda", enabled=mixed)

    def steps():
        start = time.perf_counter()
        for _ in range(STEPS):
            optimizer.zero_grad()
            with torch.autocast("cuda", torch.float16, enabled=mixed):
                value = loss(model(images), targets)
            scaler.scale(value).backward()
            scaler.step(optimizer)
            scaler.update()
            value.item()  # as Keras reads its loss
        return time.perf_counter() - start

    steps()
    rate = BATCH * STEPS / statistics.median(steps() for _ in range(TURNS))
    return ["AlexNet, PyTorch", BATCH, "mixed" if mixed else "float32", "–", f"{rate:,.0f}", "–"]


if __name__ == "__main__":
    main()
