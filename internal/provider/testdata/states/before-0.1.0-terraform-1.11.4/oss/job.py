"""Counts words: a small PyFlink job for the DataStream API."""

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

LINES = [
    "to be or not to be that is the question",
    "whether tis nobler in the mind to suffer",
]


def main():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)

    counts = (
        env.from_collection(LINES, type_info=Types.STRING())
        .flat_map(lambda line: line.split(), output_type=Types.STRING())
        .map(lambda word: (word, 1), output_type=Types.TUPLE([Types.STRING(), Types.INT()]))
        .key_by(lambda pair: pair[0], key_type=Types.STRING())
        .reduce(lambda a, b: (a[0], a[1] + b[1]))
    )
    counts.print()

    env.execute("word count")


if __name__ == "__main__":
    main()
