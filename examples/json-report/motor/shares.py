"""Shares of a total, in tenths of a percent."""


def shares(counts):
    total = sum(counts)
    return [round(1000 * count / total) for count in counts]
