"""The samples as a picture of text, a row for each query. The mirror of ntp/src/sntp/plot.rs, which tells the signs."""

from . import timestamp

WIDTH = 60
"""How wide the rows are, in characters, without their numbers."""


def plot(samples):
    """The picture, line by line. None of fewer than two samples."""
    if len(samples) < 2:
        return []
    offsets = [timestamp.in_seconds(sample.offset) for sample in samples]
    low = min(offset - sample.error for offset, sample in zip(offsets, samples))
    high = max(offset + sample.error for offset, sample in zip(offsets, samples))

    def column(seconds):
        if high <= low:
            return WIDTH // 2
        return min(int((seconds - low) / (high - low) * (WIDTH - 1) + 0.5), WIDTH - 1)

    rows = [f"seconds {low:+.6f} … {high:+.6f}"]
    for number, (offset, sample) in enumerate(zip(offsets, samples), 1):
        half = timestamp.in_seconds(sample.delay) / 2
        row = [" "] * WIDTH
        for way, sign in ((sample.error, "·"), (half, "─")):
            for place in range(column(offset - way), column(offset + way) + 1):
                row[place] = sign
        row[column(offset - half)] = "├"
        row[column(offset + half)] = "┤"
        row[column(offset)] = "●"
        rows.append(f"{number:>4} {''.join(row).rstrip()}")
    return rows
