"""What Tsung counted, out of its tsung.log: a dump every ten seconds, each line of it `stats: NAME …`."""

import re

# NAME, what was added in these ten seconds, and the sum so far; of `users` and `connected` the sum is what is now.
COUNTER = re.compile(r"stats: (\S+) (-?\d+) (-?\d+)$")
# NAME, samples in these ten seconds, mean, standard deviation, maximum, minimum, and the mean and number of all before.
SAMPLES = re.compile(r"stats: (\S+) (\d+) ([\d.e+-]+) [\d.e+-]+ [\d.e+-]+ [\d.e+-]+ [\d.e+-]+ \d+$")
COMPLETE = "EndMonitor:"


class TsungLog:
    """Counters and means of a whole run."""

    def __init__(self, text):
        self.totals = {}
        self.peaks = {}
        self.is_complete = COMPLETE in text
        self._sums = {}
        for line in text.splitlines():
            if found := COUNTER.match(line):
                name, total = found[1], int(found[3])
                self.totals[name] = total
                self.peaks[name] = max(total, self.peaks.get(name, 0))
            elif found := SAMPLES.match(line):
                count, sum = self._sums.get(found[1], (0, 0.0))
                added = int(found[2])
                self._sums[found[1]] = (count + added, sum + added * float(found[3]))

    def count(self, name):
        return self.totals.get(name, 0)

    def samples(self, name):
        return self._sums.get(name, (0, 0.0))[0]

    def mean(self, name):
        """In ms; none if it never happened."""
        count, sum = self._sums.get(name, (0, 0.0))
        return sum / count if count else None

    @property
    def errors(self):
        """What should not have happened, and how often: Tsung's own errors, and answers of HTTP that are no success."""
        return {
            name: count
            for name, count in sorted(self.totals.items())
            if count and (name.startswith("error") or name == "websocket_fail" or re.fullmatch(r"[3-5]\d\d", name))
        }
