"""Shares of a total, in tenths of a percent. They always add up to 100 %."""


def shares(counts):
    total = sum(counts)
    exact = [1000 * count for count in counts]
    parts = [value // total for value in exact]
    # What rounding down left over goes to the largest remainders, the first of equals first.
    order = sorted(range(len(counts)), key=lambda i: (-(exact[i] % total), i))
    for i in order[:1000 - sum(parts)]:
        parts[i] += 1
    return parts
