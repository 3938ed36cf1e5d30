"""Makes events.tfevents with TensorBoard's own messages and record writer: `python3 make_events_golden.py`.

Needs tensorboard (`pip install tensorboard`; made with 2.21). tests/training/test_tensorboard.cpp writes the same events
and compares the bytes.
"""

from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary.writer.record_writer import RecordWriter

FOLDER = Path(__file__).parent
TIME = 1700000000.25


def scalars(step, **values):
    """An event with a simple value for each name."""
    value = [Summary.Value(tag=name, simple_value=number) for name, number in values.items()]
    return Event(wall_time=TIME, step=step, summary=Summary(value=value))


def histogram(step, name, **fields):
    """An event with a histogram."""
    value = Summary.Value(tag=name, histo=HistogramProto(**fields))
    return Event(wall_time=TIME, step=step, summary=Summary(value=[value]))


EVENTS = [
    Event(wall_time=TIME, file_version="brain.Event:2"),
    scalars(0, loss=2.5),
    scalars(300, loss=0.0, accuracy=float("nan")),
    scalars(2**40, **{"a/b \u00e9": -1e30}),
    histogram(3, "weight", min=-1, max=2, num=3, sum=1, sum_squares=5, bucket_limit=[-0.25, 0.5, 1.25, 2], bucket=[1, 1, 0, 1]),
    histogram(4, "none"),
]


def main():
    """Writes the file."""
    with open(FOLDER / "events.tfevents", "wb") as file:
        writer = RecordWriter(file)
        for event in EVENTS:
            writer.write(event.SerializeToString())
        writer.flush()


if __name__ == "__main__":
    main()
